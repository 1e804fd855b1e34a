// A store in memory, and members of a fleet that share it within one isolate.

import { Client } from "gatepass";
import { CLIENT_SECRET } from "./define.mjs";

/** A store as a user may write one, with locks. `changes` replace its operations. */
export function memoryStore(changes = {}) {
  const records = new Map();
  return {
    records,
    get: (key) => records.get(key),
    set(key, value) {
      records.set(key, value);
    },
    delete(key) {
      records.delete(key);
    },
    acquire(key) {
      if (records.has(key)) return false;
      records.set(key, "locked");
      return true;
    },
    ...changes,
  };
}

/**
 * A client that shares its store's records with others of the same options, but no memory: two sources of a secret may give
 * different ones, so that each has a memory of its own. `events` are those it was told.
 */
export function memberOf(t, changes = {}) {
  const events = [];
  const client = new Client(t.options({ clientSecret: () => CLIENT_SECRET, audience: "https://api.example", onEvent: (event) => events.push(event), ...changes }));
  return { client, events, types: () => events.map(({ type }) => type) };
}

export const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
