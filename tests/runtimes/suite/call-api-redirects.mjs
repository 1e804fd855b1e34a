// Redirects: the token, and the proof that belongs to it, reach no other origin; within the origin they are followed by the
// rules of HTTP (RFC 9110 section 15.4). Every request that reaches the other origin is remembered with all its headers.

import { equal, includes, ok, same } from "../assert.mjs";
import { test } from "./define.mjs";
import { fromBase64url } from "./jwt.mjs";

const STATUSES = [301, 302, 303, 307, 308];
/** How the token is presented: the options of a client for each way of it. */
const CREDENTIALS = {
  Bearer: () => ({}),
  DPoP: (t) => ({ tokenEndpoint: t.endpoint("dpop"), dpop: true }),
};
const CALLS = {
  GET: {},
  HEAD: { method: "HEAD" },
  POST: { method: "POST", json: { order: 1 } },
  PUT: { method: "PUT", body: "text", headers: { "content-type": "text/plain" } },
};

/** What arrives after a redirect. */
function expected(status, method) {
  const becomesGet = status === 303 ? method !== "GET" && method !== "HEAD" : status < 303 && method === "POST";
  return becomesGet ? "GET" : method;
}

/** Nothing of these headers holds what is for the API alone. */
function holdsNoCredentials(headers) {
  for (const [name, value] of Object.entries(headers)) {
    ok(!["authorization", "dpop", "cookie", "proxy-authorization"].includes(name), `the header ${name} has arrived`);
    ok(!String(value).includes("canary"), `a token in the header ${name}`);
  }
}

const claimsOf = (proof) => JSON.parse(new TextDecoder().decode(fromBase64url(proof.split(".")[1])));

for (const [scheme, options] of Object.entries(CREDENTIALS)) {
  for (const status of STATUSES) {
    for (const [method, init] of Object.entries(CALLS)) {
      test(`${scheme}, ${status} after ${method}: within the origin it is followed`, async (t) => {
        const client = t.client(options(t));
        const response = await client.callApi(t.api(`redirect-here/${status}`), init);
        equal(response.status, 200, "status");
        const [first, second, ...more] = await t.seenByApi();
        equal(more.length, 0, "further requests");
        equal(second.method, expected(status, method), "method");
        equal(second.path, `/echo/${t.tag}?hop`, "path");
        includes(second.headers.authorization, `${scheme} canary-token`, "authorization");
        const proofs = [first, second].map(({ headers }) => headers.dpop && claimsOf(headers.dpop));
        if (scheme === "Bearer") same(proofs, [undefined, undefined], "proofs");
        else same(proofs.map(({ htm, htu }) => [htm, new URL(htu).pathname]), [[method, first.path], [second.method, `/echo/${t.tag}`]], "proofs");
        const keepsBody = second.method === method;
        equal(second.body, keepsBody ? first.body : "", "body");
        equal(second.headers["content-type"], keepsBody ? first.headers["content-type"] : undefined, "content-type");
        if (!keepsBody) ok(!(second.headers["content-length"] > 0), "no content-length");
      });

      test(`${scheme}, ${status} after ${method}: to another origin it is handed back`, async (t) => {
        const response = await t.client(options(t)).callApi(t.api(`redirect/${status}`), init);
        equal(response.status, status, "status");
        includes(response.headers.get("location"), t.config.elsewhere, "location");
        if (method !== "HEAD") equal(await response.text(), "moved", "body");
        await t.nothingWentElsewhere();
      });

      test(`${scheme}, ${status} after ${method}: to another origin it is followed without the token, if asked to`, async (t) => {
        const headers = { cookie: "canary=1", "proxy-authorization": "Basic canary", "x-trace": "7", ...init.headers };
        const response = await t.client(options(t)).callApi(t.api(`redirect/${status}`), { ...init, headers, redirect: "follow-unauthenticated" });
        equal(response.status, 200, "status");
        const [first, ...more] = await t.seenElsewhere();
        equal(more.length, 0, "further requests");
        holdsNoCredentials(first.headers);
        equal(first.headers["x-trace"], "7", "x-trace");
        equal(first.method, expected(status, method), "method");
        equal(first.body, first.method === method ? (await t.seenByApi())[0].body : "", "body");
      });
    }
  }

  test(`${scheme}: a token that was left behind does not come back with a redirect to the first origin`, async (t) => {
    const back = `${t.config.elsewhere}/back/${t.tag}?${new URLSearchParams({ to: t.api("echo") })}`;
    const address = `${t.api("redirect-here/302")}?${new URLSearchParams({ to: back })}`;
    const response = await t.client(options(t)).callApi(address, { redirect: "follow-unauthenticated" });
    equal(response.status, 200, "status");
    const { headers } = await response.json();
    holdsNoCredentials(headers);
    holdsNoCredentials((await t.seenElsewhere())[0].headers);
  });
}

test("a stream is not sent again: 307 is handed back, 303 followed", async (t) => {
  const body = () => new ReadableStream({ start: (controller) => (controller.enqueue(new TextEncoder().encode("x")), controller.close()) });
  const call = (status, init) => t.client().callApi(t.api(`redirect-here/${status}`), init);
  equal((await call(307, { method: "POST", body: body(), duplex: "half" })).status, 307, "status");
  equal((await call(303, { method: "POST", body: body(), duplex: "half" })).status, 200, "status");
  same((await t.seenByApi()).map(({ method, body: sent }) => `${method} ${sent}`), ["POST x", "POST x", "GET "], "requests");
});

test("a Request is followed as its parts are: without its body, which cannot be sent again", async (t) => {
  const call = (status, init, more) => t.client().callApi(new Request(t.api(`redirect-here/${status}`), init), more);
  equal((await call(307, { method: "POST", body: "x" })).status, 307, "status of a POST after 307");
  equal((await call(303, { method: "POST", body: "x" })).status, 200, "status of a POST after 303");
  equal((await call(307, { method: "DELETE", headers: { "x-trace": "7" } })).status, 200, "status of a DELETE after 307");
  const last = (await t.seenByApi()).at(-1);
  same([last.method, last.headers["x-trace"]], ["DELETE", "7"], "the last request");
  equal((await call(307, { method: "POST", body: "x" }, { body: "y" })).status, 200, "status with a body in init");
  equal((await t.seenByApi()).at(-1).body, "y", "its body");
});

test("twenty redirects are followed and no more", async (t) => {
  equal((await t.client().callApi(t.api("chain/20"))).status, 200, "status");
  equal((await t.seenByApi()).length, 21, "API requests");
  await t.rejects(() => t.client().callApi(t.api("chain/21")), { code: "unexpected_redirect", status: 302, retryable: false });
});

test("the caller can have redirects handed back, or fail", async (t) => {
  const client = t.client();
  equal((await client.callApi(t.api("redirect-here/302"), { redirect: "manual" })).status, 302, "status");
  equal((await client.callApi(new Request(t.api("redirect-here/302"), { redirect: "manual" }))).status, 302, "status of a Request");
  await t.rejects(() => client.callApi(t.api("redirect-here/302"), { redirect: "error" }), { code: "unexpected_redirect", status: 302 });
  equal((await t.seenByApi()).length, 3, "API requests");
  equal((await client.callApi(t.api("echo"), { redirect: "error" })).status, 200, "status without a redirect");
});

test("redirect: \"follow\" leads no token to another origin", async (t) => {
  equal((await t.client().callApi(t.api("redirect/302"), { redirect: "follow" })).status, 302, "status");
  await t.nothingWentElsewhere();
});

const TARGETS = {
  "no URL": "http://",
  "another scheme": "ftp://127.0.0.1/",
  "a data: URL": "data:text/plain,x",
  "a password": (t) => t.api("echo").replace("//", "//user:secret@"),
  "plain http beyond loopback": "http://api.example/",
};
for (const [what, to] of Object.entries(TARGETS)) {
  test(`a redirect is handed back when it leads to what is not followed: ${what}`, async (t) => {
    const target = typeof to === "function" ? to(t) : to;
    for (const redirect of ["follow", "follow-unauthenticated"]) {
      const response = await t.client().callApi(`${t.api("redirect-here/302")}?${new URLSearchParams({ to: target })}`, { redirect });
      equal(response.status, 302, "status");
    }
    equal((await t.seenByApi()).length, 2, "API requests");
  });
}
