// One of many calls, whose token may be revoked at any moment: a GET, a POST of JSON, or a POST of a stream.

import { Client } from "gatepass";
import { bodyOf } from "./kinds.mjs";

const made = new Map();

function stream(text) {
  const bytes = new TextEncoder().encode(text);
  return new ReadableStream({
    start(controller) {
      controller.enqueue(bytes);
      controller.close();
    },
  });
}

export async function one({ client, origin }, number) {
  const key = JSON.stringify(client);
  if (!made.has(key)) made.set(key, new Client(client));
  const text = `body of ${number}`;
  const init = {
    none: () => ({}),
    json: () => ({ method: "POST", json: text }),
    stream: () => ({ method: "POST", body: stream(text), duplex: "half" }),
  }[bodyOf(number)]();
  try {
    const response = await made.get(key).callApi(`${origin}/calls/${number}`, init);
    return { status: response.status, answer: await response.json() };
  } catch (error) {
    return { error: error?.code ?? String(error) };
  }
}
