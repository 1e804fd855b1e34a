// Token brokers with the real client in them, asked by isolates that need a token.

import { setTimeout as sleep } from "node:timers/promises";
import { connect } from "../engine/connections.mjs";
import { between, equal, same } from "../runtimes/assert.mjs";
import { until } from "../runtimes/waiting.mjs";
import { requestsOf, tokenOf } from "./members.mjs";
import { clientOf, isFor, LATENCY, numberOf, requestsFor } from "./setting.mjs";

const BURST = 20;
/** Milliseconds within which everybody has a token that can be had: less than the 5 s of a lock and the 10 s of the store. */
const PATIENCE = 3_500;

/** No two tests, and no two runs of one, want the same token. */
let settings = 0;

export const brokerTests = ({ fleets, note }) => fleets.flatMap((fleet) => {
  const [one, another, ...others] = fleet.isolates.slice(0, 4);
  const name = (what) => `token broker (${fleet.compatibilityDate}): ${what}`;

  /** What a test has of a host: its endpoint, and how to ask for a token that its brokers get. */
  const settingOf = (host, className = "OwningBroker") => {
    const { endpoint } = fleet.hosts[host];
    endpoint.next();
    const audience = `https://${host}-${className.toLowerCase()}-${(settings += 1)}.example`;
    const store = { kind: "durable-object", binding: `${host}-${className}` };
    const message = { store, options: clientOf(endpoint, { audience }) };
    return { endpoint, audience, store, message, requests: () => requestsFor(endpoint, audience).length };
  };

  return [
    {
      what: name(`${BURST} calls each of 4 cold isolates are one token request, and none of theirs`),
      async body() {
        const { message, audience, requests } = settingOf("burst");
        const answers = await Promise.all([one, another, ...others].map((isolate) => tokenOf(isolate, { ...message, calls: BURST })));
        for (const { token } of answers) isFor(token, audience);
        equal(new Set(answers.map(({ token }) => token)).size, 1, "different tokens");
        equal(requests(), 1, "token requests");
        equal(requestsOf(answers.flatMap(({ events }) => events)), 0, "token requests of isolates");
      },
    },
    {
      what: name("a token that nobody asks for any more is renewed once, goes, and comes back when it is asked for"),
      async body() {
        const { endpoint, message, store, requests } = settingOf("alone");
        const { token } = await tokenOf(one, message);
        equal(numberOf(endpoint, token), 1, "the token at first");
        await until(async () => {
          await sleep(100);
          return (await one.dump(store)).at(-1).entries.length === 0;
        }, "the object keeps nothing");
        equal(requests(), 2, "token requests after two silent lifetimes");
        const after = await tokenOf(one, message);
        equal(numberOf(endpoint, after.token), 3, "the token after that");
        equal(requestsOf(after.events), 0, "token requests of the isolate");
        between(after.milliseconds, 0, PATIENCE, "milliseconds that took");
      },
    },
    {
      what: name("when its renewal fails, an isolate renews instead, and no call fails"),
      async body() {
        const { endpoint, message, requests } = settingOf("failing");
        const first = await tokenOf(one, message);
        endpoint.next("500");
        const answers = [first];
        await until(async () => {
          await sleep(100);
          answers.push(await tokenOf(one, message), await tokenOf(another, message));
          return answers.slice(-2).every(({ token }) => token !== first.token);
        }, "both isolates have the next token");
        equal(requests(), 3, "token requests, the failed one among them");
        equal(requestsOf(answers.flatMap(({ events }) => events)), 1, "token requests of isolates");
        between(Math.max(...answers.map(({ milliseconds }) => milliseconds)), 0, PATIENCE, "the longest call");
      },
    },
    {
      what: name("while the token endpoint is down, cold calls fail soon with its error, and the first call after it succeeds"),
      async body() {
        const { endpoint, message, audience } = settingOf("down");
        const request = { audience: audience.replace("down", "cold") };
        endpoint.next(...Array.from({ length: 50 }, () => "500"));
        const failed = await Promise.all([one, another].map((isolate) => isolate.ask({ ...message, request })));
        endpoint.next();
        for (const { errors, milliseconds } of failed) {
          same(errors.map(({ code }) => code), ["server_error"], "codes");
          between(milliseconds, 0, 2 * PATIENCE, "milliseconds until the error");
        }
        note(name(`endpoint down: ${requestsFor(endpoint, request.audience).length} token requests of the broker and 2 isolates`));
        const answers = await Promise.all([one, another].map((isolate) => tokenOf(isolate, { ...message, request })));
        equal(new Set(answers.map(({ token }) => token)).size, 1, "different tokens");
        between(Math.max(...answers.map(({ milliseconds }) => milliseconds)), 0, PATIENCE, "the longest call");
      },
    },
    {
      what: name("when the isolate whose call it was hangs up, the others get the token by the same request"),
      async body() {
        const { endpoint, message, requests } = settingOf("left");
        endpoint.set({ latency: 800 });
        const { port, pathname } = new URL(one.url);
        const [connection] = await connect(port, 1);
        connection.post(pathname, JSON.stringify(message));
        await until(() => endpoint.waiting.size === 1, "the token is asked for");
        connection.reset();
        const answers = await Promise.all([another, ...others].map((isolate) => tokenOf(isolate, message)));
        equal(new Set(answers.map(({ token }) => token)).size, 1, "different tokens");
        equal(requests(), 1, "token requests");
        between(Math.max(...answers.map(({ milliseconds }) => milliseconds)), 0, PATIENCE, "the longest call");
      },
    },
    ...["StrangeBroker", "MistakenBroker", "ThrowingBroker"].map((className) => blocksNobody(className)),
    ...["OwningBroker", "PlainBroker"].map((className) => ({
      what: name(`a worker and its ${className} in one isolate, whose memory they share, do not wait for each other`),
      async body() {
        const host = fleet.hosts.shared;
        const { endpoint, message, store, requests } = settingOf("shared", className);
        const cold = await tokenOf(host, { ...message, calls: BURST });
        const object = (await host.dump(store)).at(-1);
        equal(object.isolate, cold.isolate, "the isolate of the object");
        between(cold.milliseconds, 0, LATENCY + PATIENCE, "milliseconds of the cold calls");
        const answers = [];
        await until(async () => {
          await sleep(100);
          // With another isolate, for which the same object works.
          answers.push(...(await Promise.all([host, host, one].map((member) => tokenOf(member, message)))));
          return answers.slice(-3).every(({ token }) => numberOf(endpoint, token) === 3);
        }, "both have the third token");
        equal(requests(), 3, "token requests");
        between(Math.max(...answers.map(({ milliseconds }) => milliseconds)), 0, PATIENCE, "the longest call");
        const own = requestsOf([cold, ...answers].flatMap(({ events }) => events));
        equal(own, className === "PlainBroker" ? 3 : 0, "token requests of the isolates");
      },
    })),
  ];

  function blocksNobody(className) {
    return {
      what: name(`one that is wrong (${className}) keeps nobody from a token`),
      async body() {
        const { audience, message } = settingOf("odd", className);
        const answers = await Promise.all([one, another].map((isolate) => tokenOf(isolate, message)));
        for (const { token } of answers) isFor(token, audience);
        const events = answers.flatMap(({ events }) => events);
        const waits = answers.map(({ milliseconds }) => milliseconds);
        note(name(`${className}: ${waits.join(" and ")} ms, ${events.length} events`));
        between(Math.max(...waits), 0, PATIENCE, "the longest call");
        equal(new Set(answers.map(({ token }) => token)).size, 1, "different tokens");
        equal(requestsOf(events), 1, "token requests of isolates");
      },
    };
  }
});
