// One of many calls to an API that often fails.

import { Client } from "gatepass";
import { DEADLINE, kindOf } from "./kinds.mjs";

/** Milliseconds for reading the body, which the deadline does not cover. */
const PATIENCE = 4_000;

let made;

export async function one({ client, origin }, number) {
  made ??= new Client(client);
  const kind = kindOf(number);
  const init = { method: kind.split(" ")[0], retry: { deadline: DEADLINE } };
  if (kind !== "GET") init.json = { number };
  if (kind === "POST with a key") init.headers = { "idempotency-key": `key-${number}` };
  const controller = new AbortController();
  init.signal = controller.signal;
  let timer;
  const began = Date.now();
  const result = { number };
  try {
    const response = await made.callApi(`${origin}/faults/${number}`, init);
    timer = setTimeout(() => controller.abort(new Error("patience")), PATIENCE);
    result.status = response.status;
    result.called = Date.now() - began;
    await response.text();
    result.body = "whole";
  } catch (error) {
    result.called ??= Date.now() - began;
    if (result.status === undefined) result.error = error?.code ?? String(error);
    else result.body = "broken";
  } finally {
    clearTimeout(timer);
  }
  result.milliseconds = Date.now() - began;
  return result;
}
