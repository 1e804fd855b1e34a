// A fleet whose members are all cold at once, and then need a token for several lifetimes.

import { setTimeout as sleep } from "node:timers/promises";
import { equal, fail } from "../runtimes/assert.mjs";
import { requestsOf, storeFailures, tokenOf } from "./members.mjs";
import { isFor, LIFETIME, numberOf, requestsFor } from "./setting.mjs";

const LIFETIMES = 5;
/** How often a member needs the token, in milliseconds. */
const PAUSE = 250;
/** A token is renewed at four fifths of its life or sooner; the rest is for a busy machine. */
const TIME = LIFETIMES * 1.5 * LIFETIME * 1000;

/**
 * One token request when all are cold, and one for each of so many lifetimes, which all members see.
 * @param {(member: object) => object} messageTo what a member is asked
 */
export async function isOneForAll({ endpoint, members, messageTo, audience, note, name }) {
  // Connections, databases and wasm are ready, as in a fleet that runs: what is cold is the token.
  await Promise.all(members.map((member) => tokenOf(member, { ...messageTo(member), request: { audience: "https://warm-up.example" } })));
  const cold = await Promise.all(members.map((member) => tokenOf(member, messageTo(member))));
  const cause = storeFailures(cold);
  equal(new Set(cold.map(({ token }) => token)).size, 1, `different tokens of the cold calls${cause}`);
  equal(requestsFor(endpoint, audience).length, 1, `token requests of the cold calls${cause}`);
  const number = (token) => numberOf(endpoint, token);
  const later = await each(members, messageTo, TIME, (answers) => {
    const [before, now] = [answers.at(-2) ?? answers[0], answers.at(-1)].map(({ token }) => number(token));
    if (now < before) fail(`a member went back from token ${before} to ${now}`);
    return now > LIFETIMES;
  });
  const all = [...cold, ...later];
  for (const { token } of all) isFor(token, audience);
  const requests = requestsFor(endpoint, audience);
  const gaps = requests.slice(1).map(({ at }, index) => ((at - requests[index].at) / 1000).toFixed(1));
  note(`${name}: ${members.length} members, ${all.length} calls, ${requests.length} token requests, ${gaps.join(" ")} s apart; `
    + `longest call cold ${longest(cold)} ms, later ${longest(later)} ms`);
  equal(requests.length, 1 + LIFETIMES, `token requests${storeFailures(all)}`);
  return { tokens: new Set(all.map(({ token }) => token)), ownRequests: all.reduce((sum, { events }) => sum + requestsOf(events), 0) };
}

/** The same where it takes more: how many requests there are in so many lifetimes. */
export async function countRequests({ endpoint, members, messageTo, audience }) {
  const all = await each(members, messageTo, LIFETIMES * LIFETIME * 1000, () => false);
  for (const { token } of all) isFor(token, audience);
  return { requests: requestsFor(endpoint, audience).length, lifetimes: LIFETIMES, tokens: new Set(all.map(({ token }) => token)) };
}

/** Each member calls again and again, for so long or until it has seen enough; no call may fail. */
async function each(members, messageTo, milliseconds, isEnough) {
  const end = performance.now() + milliseconds;
  const answers = await Promise.all(members.map(async (member) => {
    const own = [];
    do {
      await sleep(PAUSE * (0.5 + Math.random()));
      own.push(await tokenOf(member, messageTo(member)));
    } while (!isEnough(own) && performance.now() < end);
    return own;
  }));
  return answers.flat();
}

const longest = (answers) => Math.max(...answers.map(({ milliseconds }) => milliseconds));
