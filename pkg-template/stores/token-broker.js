// The Durable Object that keeps one record and its lock and, if it is told how, gets the token for it.
//
// All that it knows is one value in its storage:
//   record   { value, expiresAt, renewAt }   as it was written
//   lock     when the lock ends
// and, with `clientOptions`:
//   source   { key, request }                how to get the next one
//   used     whether the record was read since it was written: what nobody reads is not renewed
//   failure  { count, until }                of the object's own token requests, and until when it does not try again
// The platform lets nobody else in while that value is read or written, so "read, decide, write" is one step, as long as
// nothing else is awaited in between.

import { Client } from "gatepass";
import { readMessage, recordOf } from "./broker-messages.js";

const STATE = "state";
const LONGEST_REQUEST = 8 * 1024;
/** How long a reader waits for a token that another one's miss is about to bring, and how often it looks. */
const PATIENCE = 10_000;
const BEAT = 25;
/** A token request that has not come to an end after this never will. */
const LOST_AFTER = 60_000;
/** The pause after a failure, doubled by each further one; a server that asks for a longer one gets it, up to a day. */
const FIRST_PAUSE = 2_000;
const LONGEST_PAUSE = 5 * 60_000;
const DAY = 24 * 60 * 60_000;

export class TokenBroker {
  #storage;
  #env;
  #renewal;

  constructor(state, env) {
    this.#storage = state.storage;
    this.#env = env;
  }

  createClient(options) {
    return new Client(options);
  }

  async fetch(request) {
    const message = await readMessage(request);
    if (message.error !== undefined) return Response.json(message, { status: 400 });
    return Response.json(await this.#answer(message));
  }

  async alarm() {
    const state = await this.#read();
    const isDue = state.used && state.record?.renewAt <= Date.now();
    if (isDue && this.#mayTry(state)) await this.#renew(state.source, false);
    else await this.#update(() => true);
  }

  async #answer({ operation, key, request, ttlMs, ...record }) {
    switch (operation) {
      case "get":
        return { value: await this.#get(key, request) };
      case "set":
        return this.#set(key, request, record);
      case "delete":
        return this.#delete(key);
      default:
        return { acquired: await this.#acquire(ttlMs) };
    }
  }

  async #get(key, request) {
    const state = await this.#read();
    if (state.used === false) await this.#update((state) => (state.used = true));
    // One that is due is renewed by the alarm; until then it is served.
    if (isUsable(state.record)) return state.record.value;
    if (this.#isRenewing()) await this.#untilRenewed();
    else if (this.#mayTry(state) && request !== undefined) await this.#renew({ key, request }, true);
    else return null;
    const { record } = await this.#read();
    return isUsable(record) ? record.value : null;
  }

  async #set(key, request, record) {
    await this.#update((state) => {
      keep(state, record, this.#ownsRenewal() ? { key, request } : undefined, true);
      return true;
    });
    return {};
  }

  async #delete(key) {
    await this.#update((state) => {
      if (key === recordOf(key)) forget(state);
      else delete state.lock;
      return true;
    });
    return {};
  }

  /** No isolate is to ask the authorization server while this object is about to. */
  async #acquire(ttlMs) {
    let acquired;
    await this.#update((state) => {
      const seesToIt = this.#isRenewing() || (isUsable(state.record) && state.source !== undefined && this.#mayTry(state));
      acquired = !seesToIt && !(state.lock > Date.now());
      if (acquired) state.lock = Date.now() + ttlMs;
      return acquired;
    });
    return acquired;
  }

  #ownsRenewal() {
    return this.clientOptions !== undefined;
  }

  #mayTry({ failure }) {
    return this.#ownsRenewal() && !(failure?.until > Date.now());
  }

  #isRenewing() {
    return this.#renewal !== undefined && Date.now() - this.#renewal.since < LOST_AFTER;
  }

  /** Each reader looks by a timer of its own: the request whose miss started the renewal may be gone any time. */
  async #untilRenewed() {
    const renewal = this.#renewal;
    for (let waited = 0; this.#renewal === renewal && waited < PATIENCE; waited += BEAT) {
      await new Promise((resolve) => setTimeout(resolve, BEAT));
    }
  }

  /** Gets a token and keeps it. A failure is kept as well and not thrown: a reader then finds no record. */
  async #renew(source, used) {
    if (this.#isRenewing()) return;
    const renewal = (this.#renewal = { since: Date.now() });
    try {
      // The platform lets it go on when the reader whose miss it was has gone.
      await this.#request(source, used);
    } finally {
      if (this.#renewal === renewal) this.#renewal = undefined;
    }
  }

  async #request(source, used) {
    let record;
    let wait = 0;
    try {
      record = await this.#newRecord(source);
    } catch (error) {
      wait = Math.min(error?.retryAfter * 1000 || 0, DAY);
    }
    await this.#update((state) => {
      if (record !== undefined) {
        keep(state, record, source, used);
        delete state.failure;
      } else {
        const count = (state.failure?.count ?? 0) + 1;
        const pause = Math.min(FIRST_PAUSE * 2 ** (count - 1), LONGEST_PAUSE);
        state.failure = { count, until: Date.now() + Math.max(pause, wait) };
      }
      return true;
    });
  }

  /** What a client of the object's own writes into its store under this key, if anything. */
  async #newRecord({ key, request }) {
    let record;
    const store = {
      get: () => null,
      set(written, value, { expiresAt, renewAt }) {
        // Under another key if the options are not those of the isolates: they would not find it, or could not open it.
        if (written === key) record = { value, expiresAt: expiresAt.getTime(), renewAt: renewAt.getTime() };
      },
      delete() {},
    };
    const options = await this.clientOptions(this.#env);
    // The pauses after failures are this object's own.
    const client = this.createClient({ ...options, store, retry: { ...options.retry, hold: 0 } });
    // Fresh: not from the memory of this isolate, and not from the request of an isolate that waits for this object.
    await client.getToken({ ...request, fresh: true });
    return record;
  }

  async #read() {
    return (await this.#storage.get(STATE)) ?? {};
  }

  /** Reads, and if `change` says so writes, and sets the alarm for what is to be done next. */
  async #update(change) {
    const storage = this.#storage;
    const [alarm, state] = [await storage.getAlarm(), await this.#read()];
    if (!change(state)) return state;
    dropEnded(state);
    const next = this.#nextStep(state);
    if (next === undefined) await Promise.all([storage.deleteAlarm(), storage.deleteAll()]);
    else await Promise.all([storage.put(STATE, state), alarm === next ? undefined : storage.setAlarm(next)]);
    return state;
  }

  #nextStep({ record, source, used, lock, failure }) {
    if (record === undefined) {
      const ends = [lock, failure && endOf(failure)].filter((end) => end !== undefined);
      return ends.length > 0 ? Math.max(...ends) : undefined;
    }
    if (!this.#ownsRenewal() || source === undefined || !used) return record.expiresAt;
    return Math.min(Math.max(record.renewAt, failure?.until ?? 0), record.expiresAt);
  }
}

function isUsable(record) {
  return record?.expiresAt > Date.now();
}

function keep(state, record, source, used) {
  forget(state);
  state.record = record;
  if (source?.request === undefined || JSON.stringify(source.request).length > LONGEST_REQUEST) return;
  Object.assign(state, { source, used });
}

function forget(state) {
  delete state.record;
  delete state.source;
  delete state.used;
}

function dropEnded(state) {
  if (!isUsable(state.record)) forget(state);
  if (!(state.lock > Date.now())) delete state.lock;
  if (state.failure && !(endOf(state.failure) > Date.now())) delete state.failure;
}

/** A failure is kept for longer than it counts, so that the next one is known to be the next one. */
function endOf(failure) {
  return failure.until + LONGEST_PAUSE;
}
