// Requests that want the same thing at the same time: none waits for what another one made.

import { setTimeout as sleep } from "node:timers/promises";
import { equal, same } from "../runtimes/assert.mjs";
import { until } from "../runtimes/waiting.mjs";
import { withIsolate } from "./isolate.mjs";
import { clientOf, startServer, verifierOf } from "./server.mjs";

const ROUNDS = 200;
const KEY_ROUNDS = 50;
const CONCURRENT = 20;
const LATENCY = 60;
/** Milliseconds after which the first request is reset: before, about when and after its answer arrives. */
const RESETS_AFTER = [2, 5, 10, 20, 40, 55, 58, 60, 62, 65, 70, 80, 100, 130];

/** @type {(test: Function, settings: object) => Promise<void>} */
export async function testBursts(test, { name, ...settings }) {
  await test(`${name}: ${ROUNDS} bursts of ${CONCURRENT} requests for a new token, each with subrequests of its own`, () =>
    withBoth(settings, {}, async (server, isolate) => {
      for (let round = 0; round < ROUNDS; round += 1) {
        const audience = `https://api-${round}.example`;
        await together(async (number) => {
          const id = `${round}-${number}`;
          const answer = await isolate.ask("ownRequests", {
            client: clientOf(server, { audience }), url: `${server.origin}/api/${id}`,
          });
          equal(answer.accessToken, `token-for-${audience}`, "the token");
          equal(answer.before, `/api/${id}`, "what was begun before the token");
          equal(answer.after, `/api/${id}`, "what was begun after the token");
        });
      }
      equal(server.counts.token, ROUNDS, "token requests, one for each burst");
    }));
}

/** Keys and metadata are got by the same rules as tokens. @type {(test: Function, settings: object) => Promise<void>} */
export async function testKeyBursts(test, { name, ...settings }) {
  await test(`${name}: ${KEY_ROUNDS} bursts of ${CONCURRENT} requests for keys nobody has, each with metadata to be found first`, () =>
    withBoth(settings, { latency: LATENCY }, async (server, isolate) => {
      for (let round = 0; round < KEY_ROUNDS; round += 1) {
        const parameters = verifierOf(server, { issuer: `${server.origin}/issuer/${round}`, jwksUri: undefined });
        await together(async () => equal((await isolate.ask("verify", parameters)).sub, "somebody", "the subject"));
        same([server.counts.metadata, server.counts.keys], [round + 1, round + 1], "metadata requests and key set requests");
      }
    }));
}

/** @type {(test: Function, settings: object) => Promise<void>[]} */
export const resetTests = (test, { name, ...settings }) => [
  test(`${name}: of concurrent getToken calls the first is reset, and all others are answered`, () =>
    firstIsReset(settings, (server, round) => {
      const audience = `https://api-${round}.example`;
      const check = ({ accessToken }) => equal(accessToken, `token-for-${audience}`, "the token");
      return { action: "getToken", parameters: { client: clientOf(server, { audience }) }, check };
    })),

  test(`${name}: of concurrent getToken calls with discovery the first is reset, and all others are answered`, () =>
    firstIsReset(settings, (server, round) => {
      const audience = `https://api-${round}.example`;
      const client = clientOf(server, { tokenEndpoint: undefined, issuer: `${server.origin}/issuer/${round}`, audience });
      const check = ({ accessToken }) => equal(accessToken, `token-for-${audience}`, "the token");
      return { action: "getToken", parameters: { client }, check };
    })),

  test(`${name}: of concurrent verifyAccessToken calls the first is reset, and all others are answered`, () =>
    firstIsReset(settings, (server, round) => {
      const check = ({ sub }) => equal(sub, "somebody", "the subject");
      return { action: "verify", parameters: verifierOf(server, { jwksUri: `${server.origin}/keys/${round}` }), check };
    })),
];

async function firstIsReset(settings, prepare) {
  await withBoth(settings, { latency: LATENCY }, async (server, isolate) => {
    for (const [round, milliseconds] of RESETS_AFTER.entries()) {
      const { action, parameters, check } = prepare(server, round);
      const before = server.requests;
      const first = isolate.open(action, parameters);
      await until(() => server.requests > before, "the first request waits for the server");
      const others = together(async () => check(await isolate.ask(action, parameters)));
      await sleep(milliseconds);
      first.reset();
      await others;
    }
  });
}

async function withBoth(settings, serverSettings, action) {
  const server = await startServer(serverSettings);
  try {
    await withIsolate(settings, (isolate) => action(server, isolate));
  } finally {
    await server.close();
  }
}

function together(action) {
  return Promise.all(Array.from({ length: CONCURRENT }, (_, number) => action(number)));
}
