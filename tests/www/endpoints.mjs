// What the worker answers, on each runtime, to who asks without a browser.

import { equal, fail, includes, ok } from "../runtimes/assert.mjs";
import { mustNotShow, tokensIssuedDuring } from "../demo/leaks.mjs";
import { outcomes } from "../../www-example/worker/page/words.js";
import { SECRET, startScene } from "./scene.mjs";

const FILES = ["/", "/style.css", "/icon.svg", "/page.js", "/flow.js", "/pass.js", "/log.js", "/words.js"];
/** Where a store is at hand that needs no server. */
const STORES = ["workerd", "deno"];
const PAGE = { "x-page": "gatepass" };

/** @param {(what: string, body: () => Promise<void>) => Promise<boolean>} test */
export async function checkEndpoints(test, project, runtime) {
  const log = [];
  const scene = await startScene(runtime, project, { onLog: (line) => log.push(line) });
  const ask = (path, init) => fetch(scene.origin + path, init);
  const act = async (name) => {
    const response = await ask(`/act/${name}`, { method: "POST", headers: PAGE });
    equal(response.status, 200, `the status of ${name}`);
    return response.json();
  };
  try {
    await test(`${runtime}: every file comes with its type and a policy without inline code`, async () => {
      for (const path of FILES) {
        const response = await ask(path);
        equal(response.status, 200, `the status of ${path}`);
        const policy = response.headers.get("content-security-policy") ?? "";
        includes(policy, "default-src 'none'", `the policy of ${path}`);
        ok(!policy.includes("unsafe") && !policy.includes("http"), `the policy allows too much: ${policy}`);
        ok((await response.text()).length > 100, `${path} is empty`);
      }
      includes((await ask("/page.js")).headers.get("content-type"), "text/javascript", "the type of /page.js");
      const html = await (await ask("/")).text();
      ok(!/ style=| on\w+=|<style|<script(?![^>]* src="\/)|(?:src|href)="(?!\/|#)/.test(html), "there is inline code or a foreign address in the page");
    });

    await test(`${runtime}: a page of another origin, a GET, or an unknown action does nothing`, async () => {
      const { requests } = scene.login3;
      equal((await ask("/act/call", { method: "POST" })).status, 403, "without the page's header");
      equal((await ask("/act/call", { headers: PAGE })).status, 405, "a GET");
      equal((await ask("/act/constructor", { method: "POST", headers: PAGE })).status, 404, "an unknown action");
      equal((await ask("/calls.mjs")).status, 404, "a file of the worker");
      equal(scene.login3.requests, requests, "token requests");
    });

    await test(`${runtime}: the buttons' actions do what they say, and the stream tells of it without a secret`, async () => {
      const issued = await tokensIssuedDuring(async () => {
        const events = await openEvents(`${scene.origin}/events`);
        const first = await act("call");
        equal(first.status, 200, "the API's answer");
        equal(first.source, "network", "where the first token came from");
        equal((await act("call")).source, "memory", "where the second one came from");

        await act("forget");
        const before = scene.login3.requests;
        const bursts = await Promise.all(Array.from({ length: 4 }, () => act("burst?calls=25")));
        equal(bursts.reduce((sum, one) => sum + one.ok, 0), 100, "good calls of the burst");
        equal(scene.login3.requests - before, 1, "token requests of the burst");

        const revoked = await act("revoke");
        equal(revoked.status, 200, "the API's answer after the revocation");
        ok(revoked.refused, "the API's refusal was not noticed");
        ok(revoked.before !== revoked.after, "the revoked token was used again");

        const rotated = await act("rotate");
        equal(rotated.status, 200, "the API's answer after the rotation");
        equal(rotated.before, "login3-rs256", "the key before");
        equal(rotated.after, "login3-rs256-2", "the key after");

        equal((await act("down?down=true")).server.down, true, "whether it is down");
        equal((await act("call")).source, "memory", "the token at hand goes on");
        await act("forget");
        const failed = await act("call");
        equal(failed.failed?.code, "network_error", "the error without a token");
        await act("down?down=false");

        const text = await events.until('"code":"network_error"');
        for (const type of ["state", "token_requested", "token_received", "token_served", '"type":"token"', "keys_received", '"type":"burst"', '"type":"refused"', '"action":"rotate"']) includes(text, type, "the stream");
        includes(text, "login3-rs256-2", "the stream");
        events.close();
        scene.heard = text + JSON.stringify([first, revoked, rotated, failed]);
      });
      ok(issued.length >= 4, `only ${issued.length} tokens were issued`);
      noSecrets(scene, scene.heard, issued, "what the worker said");
      noSecrets(scene, log.join("\n"), issued, "the worker's log");
    });

    const hasStore = STORES.includes(runtime);
    await test(`${runtime}: a worker that is restarted ${hasStore ? "takes its token from the store" : "has no store, says so, and asks for another token"}`, async () => {
      await act("call");
      const before = scene.login3.requests;
      await ask("/act/restart", { method: "POST", headers: PAGE }).catch(() => {}); // who answers is ended
      const again = await once(() => act("call"), "the worker came back");
      equal(again.status, 200, "the API's answer");
      equal(again.call, 1, "calls of the new worker");
      equal(again.source, hasStore ? "store" : "network", "where its token came from");
      equal(scene.login3.requests - before, hasStore ? 0 : 1, "token requests");
      const events = await openEvents(`${scene.origin}/events`);
      includes(await events.until('"source":"'), `"store":${hasStore}`, "the state");
      events.close();
    });
  } finally {
    await scene.end();
  }
}

/** What the page says where the tests above cannot make it happen each time. */
export async function checkWords(test) {
  await test("the page says that the API refused a token only if it did", () => {
    const told = (refused) => outcomes.revoke({ ok: true, refused, status: 200, before: "a-token", after: "another" })[1];
    includes(told(true), "The API refused a-toke", "after a refusal");
    ok(!told(false).includes("refused"), `without one: ${told(false)}`);
    includes(told(false), "its caller saw 200.", "without one");
  });
}

/** A worker beside somebody's own tenant. */
export async function checkWithoutSwitches(test, project) {
  await test("beside a tenant of one's own there are no switches", async () => {
    const scene = await startScene("node", project, { switches: false });
    try {
      for (const name of ["revoke", "rotate", "down", "restart"]) equal((await fetch(`${scene.origin}/act/${name}`, { method: "POST", headers: PAGE })).status, 404, name);
      equal((await (await fetch(`${scene.origin}/act/call`, { method: "POST", headers: PAGE })).json()).status, 200, "a call");
      const events = await openEvents(`${scene.origin}/events`);
      ok(!(await events.until('"type":"token"')).includes('"server":'), "the state speaks of switches");
      events.close();
    } finally {
      await scene.end();
    }
  });

  await test("the switches move only for who knows their key", async () => {
    const scene = await startScene("node", project);
    try {
      for (const headers of [{}, { authorization: "Bearer guess" }]) {
        equal((await fetch(`${scene.adminUrl}/down`, { method: "POST", headers, body: '{"down":true}' })).status, 401, "a stranger");
      }
      equal(scene.login3.down, false, "whether it is down");
    } finally {
      await scene.end();
    }
  });
}

/** Fails when the secret, the switches' key or a part of a signature shows. */
export function noSecrets({ adminKey }, text, issued, where) {
  const hidden = [[SECRET, "the secret"], [adminKey, "the switches' key"], ...issued.map((token) => [token.split(".")[2], "a token's signature"])];
  for (const [secret, what] of hidden) mustNotShow(text, secret, what, where);
  try {
    mustNotShow(`${text} ${hidden.at(-1)[0].slice(-20)}`, hidden.at(-1)[0], "it", where);
  } catch {
    return;
  }
  fail("a signature would not have been found");
}

/** What `action` gives as soon as it does not throw. */
async function once(action, what) {
  for (const deadline = performance.now() + 15_000; ; await new Promise((resolve) => setTimeout(resolve, 50))) {
    try {
      return await action();
    } catch (error) {
      if (performance.now() > deadline) fail(`never: ${what}: ${error.message}`);
    }
  }
}

/** Reads server-sent events as text. */
async function openEvents(url) {
  const controller = new AbortController();
  const response = await fetch(url, { signal: AbortSignal.any([controller.signal, AbortSignal.timeout(20_000)]) });
  equal(response.headers.get("content-type"), "text/event-stream", "the stream's type");
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  let text = "";
  return {
    async until(part) {
      while (!text.includes(part)) {
        const { value, done } = await reader.read();
        if (done) fail(`the stream ended without ${part}: ${text.slice(-300)}`);
        text += decoder.decode(value, { stream: true });
      }
      return text;
    },
    close: () => controller.abort(),
  };
}
