// A Redis that a fleet shares ends, comes back and gets slow; and what is in it is damaged, moved, old, or sealed by others.

import { setTimeout as sleep } from "node:timers/promises";
import { between, equal, ok, same, skip } from "../runtimes/assert.mjs";
import { until } from "../runtimes/waiting.mjs";
import { missingForRedis } from "../stores/redis-server.mjs";
import { requestsOf, storeFailures, tokenOf, typesOf } from "./members.mjs";
import { withRedis } from "./redis.mjs";
import { STORE_SECRETS } from "./secrets.mjs";
import { clientOf, isFor, LATENCY, LIFETIME, numberOf, requestsFor, withEndpoint } from "./setting.mjs";

/** Milliseconds the engine gives an operation of a store, and what this machine may add. */
const STORE_TIMEOUT = 1_000;
const SLACK = 1_500;

/** Milliseconds that a lock lasts. */
const LOCK = 5_000;

/** What a record is made of: a version, a nonce, the sealed text and its tag, in base64url. */
const REGIONS = { version: 0, nonce: 4, "start of the text": 15, "middle of the text": 0.5, tag: -8, "last byte": -1 };
const flipped = (at) => (record) => edit(record, (bytes) => {
  const index = at < 0 ? bytes.length + at : at < 1 && at > 0 ? Math.floor(bytes.length * at) : at;
  bytes[index] ^= 1;
  return bytes;
});
const cut = (length) => (record) => edit(record, (bytes) => bytes.subarray(0, length < 0 ? bytes.length + length : length));
const edit = (record, change) => change(Buffer.from(record, "base64url")).toString("base64url");

/** More than a record can be; a store that gives this is left alone, as one that fails. */
const TOO_LARGE = "of 100 000 characters";
const DAMAGES = {
  ...Object.fromEntries(Object.entries(REGIONS).map(([region, at]) => [`a bit of its ${region} flipped`, flipped(at)])),
  ...Object.fromEntries([1, 12, 13, 28, 29].map((length) => [`cut to ${length} bytes`, cut(length)])),
  "without its last byte": cut(-1),
  "emptied": () => "",
  "of one character": () => "A",
  "followed by a byte": (record) => `${record}AA`,
  "no base64url": (record) => `*${record.slice(1)}`,
  "no ASCII": () => "ü".repeat(100),
  "JSON": () => JSON.stringify({ access_token: "token-0-forged", expires_in: 3600 }),
  [TOO_LARGE]: (record) => record.padEnd(100_000, "A"),
};

/** @param {object} parts as start.mjs gives them, and `note` */
export const troubleTests = ({ nodes, denos, fleets, startNode, note }) => {
  const [first, second, third] = [nodes[0], denos[0], fleets[0].isolates[0]];
  const everybody = [...nodes.slice(0, 2), ...denos.slice(0, 2), ...fleets[0].isolates.slice(0, 2)];

  /** A test with a Redis and a token endpoint of its own. `call` makes a member ask for a token for an audience. */
  const test = (what, settings, action) => ({
    what,
    async body() {
      if (missingForRedis()) skip(missingForRedis());
      await withEndpoint(settings, (endpoint) => withRedis((redis) => action({
        ...redis,
        endpoint,
        call: (member, audience, options) => tokenOf(member, { store: redis.storeOf(member), options: clientOf(endpoint, { audience, ...options }) }),
        requests: (audience) => requestsFor(endpoint, audience).length,
      })));
    },
  });

  /** The record of a token, which one member has written. Each audience has one. */
  async function recordOf({ client, call }, audience, options) {
    const before = new Set(await client.keys("*"));
    const answer = await call(first, audience, options);
    const [key] = (await client.keys("*")).filter((one) => !before.has(one) && !one.endsWith(".lock"));
    ok(key !== undefined, `there is a record for ${audience}${storeFailures([answer])}`);
    return { token: answer.token, key, value: await client.get(key) };
  }

  return [
    test("Redis is killed and started again: no call fails, and the fleet shares again", { lifetime: LIFETIME }, async (redis) => {
      const { endpoint, call, requests } = redis;
      const audience = "https://killed.example";
      const answers = [];
      const all = async () => {
        const round = await Promise.all(everybody.map((member) => call(member, audience)));
        answers.push(...round);
        return round;
      };
      await Promise.all(everybody.map((member) => call(member, "https://warm-up.example")));
      await all();
      equal(requests(audience), 1, "token requests before");
      await redis.kill();
      await until(async () => {
        await sleep(100);
        return (await all()).every(({ token }) => numberOf(endpoint, token) > 1);
      }, "everybody has a token without Redis");
      const alone = requests(audience) - 1;
      note(`Redis killed: ${alone} token requests of ${everybody.length} members, longest call ${longest(answers)} ms`);
      between(alone, 2, everybody.length, "token requests without Redis");
      ok(answers.some(({ events }) => typesOf(events).includes("store_failed")), "somebody was told");

      await redis.restart();
      // Connected again: a token of another audience is shared.
      await until(async () => {
        const other = `https://back-${requests(audience)}-${Math.random()}.example`;
        const round = await Promise.all(everybody.map((member) => call(member, other)));
        return new Set(round.map(({ token }) => token)).size === 1;
      }, "everybody is connected again");
      const before = requests(audience);
      await until(async () => {
        await sleep(100);
        return new Set((await all()).map(({ token }) => token)).size === 1;
      }, "everybody has the same token again");
      between(requests(audience) - before, 1, 2, "token requests until then");
      between(longest(answers), 0, STORE_TIMEOUT + LATENCY + SLACK, "the longest call");
    }),

    test("Redis takes 5 s for each command: no call fails, and none waits for it longer than a second", {}, async ({ client, call }) => {
      await Promise.all(everybody.map((member) => call(member, "https://warm-up.example")));
      await client.sendCommand(["CLIENT", "PAUSE", "5000", "ALL"]);
      const answers = await Promise.all(everybody.map((member) => call(member, "https://slow.example")));
      note(`slow Redis: longest call ${longest(answers)} ms`);
      for (const { events, milliseconds, source } of answers) {
        equal(source, "network", "where the token comes from");
        equal(typesOf(events)[0], "store_failed", "the first event");
        between(milliseconds, STORE_TIMEOUT, STORE_TIMEOUT + LATENCY + SLACK, "milliseconds");
      }
    }),

    test("the process that asks for the token is killed: the others get one soon after its lock has ended", { latency: 1_000 }, async (redis) => {
      const { endpoint, call, requests } = redis;
      const audience = "https://died.example";
      const victim = await startNode("victim");
      call(victim, audience).catch(() => {}); // it cannot answer
      await until(() => endpoint.waiting.size === 1, "the token is asked for");
      victim.kill();
      const answers = await Promise.all(everybody.map((member) => call(member, audience)));
      note(`the lock's holder was killed: ${requests(audience) - 1} token requests of ${everybody.length} others, who waited for ${longest(answers)} ms`);
      // Who has waited for as long as a lock lasts goes without one.
      between(requests(audience), 2, 1 + everybody.length, "token requests");
      between(longest(answers), 0, LOCK + 1_000 + 2 * SLACK, "the longest call");
    }),

    test("Redis refuses to keep what a member brings: its lock makes nobody else wait", {}, async ({ endpoint, client, call, requests }) => {
      await Promise.all(everybody.map((member) => call(member, "https://warm-up.example")));
      const may = (...rules) => client.sendCommand(["ACL", "SETUSER", "default", ...rules]);
      // Once the token is asked for: the lock has been taken by then.
      const troubles = { "no SET": ["-set"], "no SET, and no DEL for a while": ["-set", "-del"] };
      for (const [what, rules] of Object.entries(troubles)) {
        const audience = audienceOf(what);
        const bringing = call(first, audience);
        await until(() => endpoint.waiting.size === 1, "the token is asked for");
        await may(...rules);
        const allowed = sleep(LATENCY + 30).then(() => may("+del"));
        const [brought] = await Promise.all([bringing, allowed]);
        await may("+set");
        ok(brought.events.some(({ type, operation }) => type === "store_failed" && operation === "set"), `${what}: it is told`);
        const answers = [];
        for (const member of [second, third, nodes[2]]) answers.push(await call(member, audience));
        note(`${what}: it waited for ${longest([brought])} ms, the next ones for ${longest(answers)} ms at most`);
        between(longest([brought, ...answers]), 0, LATENCY + SLACK, `${what}: the longest call`);
        equal(requests(audience), 2, `${what}: token requests`);
        same(await client.keys("*.lock"), [], `${what}: locks`);
      }
    }),

    test(`a damaged record, in each of ${Object.keys(DAMAGES).length} ways, is reported, replaced, and never used`, {}, async (redis) => {
      const records = {};
      for (const damage of Object.keys(DAMAGES)) records[damage] = await recordOf(redis, audienceOf(damage));
      await Promise.all(Object.entries(DAMAGES).map(async ([damage, change]) => {
        const { key, value, token } = records[damage];
        await redis.client.set(key, change(value));
        const found = await redis.call(second, audienceOf(damage));
        ok(found.token !== token, `${damage}: it was used`);
        isFor(found.token, audienceOf(damage));
        const failures = found.events.filter(({ type }) => type === "store_failed");
        equal(failures[0]?.operation, "get", `${damage}: what failed`);
        equal(failures[0].problem, damage === TOO_LARGE ? "too_large" : "unreadable", `${damage}: the problem`);
        if (damage !== TOO_LARGE) equal((await redis.call(third, audienceOf(damage))).token, found.token, `${damage}: the token of the next one`);
      }));
    }),

    test("two records that were exchanged are reported, and nobody gets the token of another audience", {}, async (redis) => {
      const audiences = ["https://one.example", "https://other.example"];
      const records = [];
      for (const audience of audiences) records.push(await recordOf(redis, audience));
      await redis.client.set(records[0].key, records[1].value);
      await redis.client.set(records[1].key, records[0].value);
      for (const audience of audiences) {
        const { token, events } = await redis.call(second, audience);
        isFor(token, audience);
        ok(events.some(({ type, problem }) => type === "store_failed" && problem === "unreadable"), "it is told");
        equal(redis.requests(audience), 2, "token requests");
      }
    }),

    test("an ended record that was put back is not used", { lifetime: 2 }, async (redis) => {
      const audience = "https://replayed.example";
      const { key, value } = await recordOf(redis, audience);
      await sleep(2_000);
      await redis.client.set(key, value);
      for (const member of [first, second, third]) {
        const { token } = await redis.call(member, audience);
        ok(numberOf(redis.endpoint, token) > 1, `${member.name} got ${token}`);
      }
    }),

    test("an older record that was put back takes nobody's newer token away, and is replaced", { lifetime: LIFETIME }, async (redis) => {
      const audience = "https://older.example";
      const { key, value, token } = await recordOf(redis, audience);
      await until(async () => (await redis.call(first, audience)).token !== token, "it is renewed");
      await redis.client.set(key, value);
      let last = 2;
      await until(async () => {
        const number = numberOf(redis.endpoint, (await redis.call(first, audience)).token);
        ok(number >= last, `went back to token ${number}`);
        last = number;
        return number === 3;
      }, "it is renewed again");
      await until(async () => (await redis.client.get(key)) !== value, "the record has been replaced");
    }),

    test("a record sealed with another secret is reported and replaced, by each of the two", {}, async (redis) => {
      const audience = "https://another-secret.example";
      const { token } = await recordOf(redis, audience, { storeSecret: STORE_SECRETS.old });
      const other = await redis.call(second, audience, { storeSecret: STORE_SECRETS.new });
      ok(other.token !== token, "it has a token of its own");
      same(other.events.filter(({ type }) => type === "store_failed").map(({ problem }) => problem).slice(0, 1), ["unreadable"], "what failed");
      equal((await redis.call(third, audience, { storeSecret: STORE_SECRETS.new })).token, other.token, "the token of one with the same secret");
    }),

    test("storeSecret is rotated: both open what the old one has sealed, the new one seals, and then opens alone", {}, async (redis) => {
      const { client, call, requests } = redis;
      const rotating = { storeSecret: [STORE_SECRETS.new, STORE_SECRETS.old] };
      const audience = "https://rotated.example";
      const { token } = await recordOf(redis, audience, { storeSecret: STORE_SECRETS.old });
      const opened = await call(second, audience, rotating);
      same([opened.token, opened.source, opened.events.length], [token, "store", 1], "what both find");

      const after = "https://sealed-anew.example";
      const sealed = await recordOf(redis, after, rotating);
      const alone = await call(third, after, { storeSecret: [STORE_SECRETS.new] });
      same([alone.token, alone.source], [sealed.token, "store"], "what the new one finds");
      equal(requests(audience) + requests(after), 2, "token requests");

      const late = await call(third, audience, { storeSecret: [STORE_SECRETS.new] });
      isFor(late.token, audience);
      equal(requestsOf(late.events), 1, "token requests of the one that cannot open the old record");
      equal((await client.keys("*.lock")).length, 0, "locks that are left");
    }),
  ];
};

const audienceOf = (damage) => `https://${damage.replaceAll(/\W+/g, "-").toLowerCase()}.example`;
const longest = (answers) => Math.max(...answers.map(({ milliseconds }) => milliseconds));
