// Calling an API with a token: what arrives, what comes back, and when nothing may be sent.

import { callApi } from "gatepass";
import { equal, includes, ok, same, thrownBy } from "../assert.mjs";
import { test } from "./define.mjs";

async function arrived(response) {
  equal(response.status, 200, "status");
  return response.json();
}

test("the API gets the token and a content type, the caller a Response", async (t) => {
  const client = t.client();
  const response = await client.callApi(t.api("echo"));
  ok(response instanceof Response, "it is the host's Response");
  const { method, headers, body } = await arrived(response);
  equal(method, "GET", "method");
  equal(headers.authorization, (await client.getToken()).authorization, "authorization");
  equal(headers["content-type"], "application/json", "content-type");
  equal(body, "", "body");
});

test("the token for an API call comes from memory the second time", async (t) => {
  const client = t.client();
  await client.callApi(t.api("echo"));
  await client.callApi(t.api("echo"));
  equal((await t.seen()).length, 1, "token requests");
  equal((await t.seenByApi()).length, 2, "API requests");
});

test("the one-shot callApi calls the API", async (t) => {
  const { headers } = await arrived(await callApi(t.options(), t.api("echo"), { method: "DELETE" }));
  includes(headers.authorization, "Bearer canary-token", "authorization");
});

test("json: sends a value as JSON", async (t) => {
  const client = t.client();
  for (const value of [{ a: [1, "ä"] }, null, 0, false, ""]) {
    const { method, headers, body } = await arrived(await client.callApi(t.api("echo"), { method: "POST", json: value }));
    equal(method, "POST", "method");
    equal(headers["content-type"], "application/json", "content-type");
    equal(body, JSON.stringify(value), "body");
  }
});

test("a body of text is sent as JSON unless the caller says what it is", async (t) => {
  const client = t.client();
  const plain = await arrived(await client.callApi(t.api("echo"), { method: "PUT", body: '{"a":1}' }));
  equal(plain.headers["content-type"], "application/json", "content-type");
  equal(plain.body, '{"a":1}', "body");
  const typed = await arrived(await client.callApi(t.api("echo"), { method: "PUT", body: "a,b", headers: { "Content-Type": "text/csv" } }));
  equal(typed.headers["content-type"], "text/csv", "content-type");
});

test("a body that has a type of its own keeps it", async (t) => {
  const client = t.client();
  const call = async (body) => (await arrived(await client.callApi(t.api("echo"), { method: "POST", body }))).headers["content-type"];
  includes(await call(new URLSearchParams({ a: "1" })), "application/x-www-form-urlencoded", "of URLSearchParams");
  includes(await call(new Blob(["a"], { type: "image/png" })), "image/png", "of a Blob");
  const form = new FormData();
  form.append("a", "1");
  includes(await call(form), "multipart/form-data; boundary=", "of FormData");
});

test("the caller's own headers arrive, whatever form they have", async (t) => {
  const client = t.client();
  for (const headers of [{ "X-Trace": "7" }, [["x-trace", "7"]], new Headers({ "x-trace": "7" })]) {
    const found = await arrived(await client.callApi(t.api("echo"), { headers }));
    equal(found.headers["x-trace"], "7", "x-trace");
    includes(found.headers.authorization, "Bearer ", "authorization");
  }
});

test("what the caller handed over is not changed", async (t) => {
  const headers = new Headers({ "x-trace": "7" });
  const init = Object.freeze({ method: "POST", headers, json: Object.freeze({ a: 1 }) });
  await t.client().callApi(t.api("echo"), init);
  same([...headers.keys()], ["x-trace"], "header names");
});

test("the address may be a URL object", async (t) => {
  const { url } = await arrived(await t.client().callApi(new URL(`${t.api("echo")}?q=ä&r=%2F`)));
  equal(url, `/echo/${t.tag}?q=%C3%A4&r=%2F`, "url");
});

test("the address may be a Request, with its method, headers and body", async (t) => {
  const request = new Request(t.api("echo"), { method: "PATCH", headers: { "x-trace": "7", "content-type": "text/plain" }, body: "hello" });
  const { method, headers, body } = await arrived(await t.client().callApi(request));
  same([method, headers["x-trace"], headers["content-type"], body], ["PATCH", "7", "text/plain", "hello"], "request");
  includes(headers.authorization, "Bearer ", "authorization");
});

test("a stream is passed on as a body", async (t) => {
  const body = new ReadableStream({
    async start(controller) {
      for (const part of ["one ", "two ", "three"]) {
        controller.enqueue(new TextEncoder().encode(part));
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      controller.close();
    },
  });
  const found = await arrived(await t.client().callApi(t.api("echo"), { method: "POST", body, duplex: "half" }));
  equal(found.body, "one two three", "body");
});

test("bytes come back as they are", async (t) => {
  const response = await t.client().callApi(t.api("binary"));
  same([...new Uint8Array(await response.arrayBuffer())], [0, 159, 146, 150, 255], "bytes");
});

for (const status of [401, 403, 404, 429, 500]) {
  test(`an answer of ${status} is handed back as it is, after one request`, async (t) => {
    const response = await t.client().callApi(t.api(`status/${status}`));
    equal(response.status, status, "status");
    includes(response.headers.get("www-authenticate"), "insufficient_scope", "challenge");
    same(await response.json(), { status }, "body");
    equal((await t.seenByApi()).length, 1, "API requests");
  });
}

// what is wrong with the address: a function of the API's good one
const BAD_ADDRESSES = {
  "http to a host that is not loopback": () => "http://api.example/orders",
  "http to a host that looks like loopback": () => "http://127.0.0.1.example/orders",
  "credentials in it": (t) => t.api("echo").replace("//", "//user:canary-secret@"),
  "a user name in it": (t) => t.api("echo").replace("//", "//user@"),
  "no origin": () => "/orders",
  "another scheme": () => "ftp://api.example/orders",
  "a data: URL": () => "data:application/json,{}",
  "nothing in it": () => "",
  "no address at all": () => undefined,
};
for (const [name, address] of Object.entries(BAD_ADDRESSES)) {
  test(`an address is refused before anything is sent: ${name}`, async (t) => {
    await t.isTypeError(() => t.client().callApi(address(t)), "input");
    await t.isTypeError(() => callApi(t.options(), address(t)), "input");
    await t.nothingWasSent();
  });
}

test("http to another host is possible for those who insist", async (t) => {
  const called = [];
  const client = t.client({
    dangerouslyAllowHttp: true,
    fetch: async (input, init) => {
      const { url } = new Request(input, { method: init?.method });
      called.push(url);
      return url.startsWith("http://api.example") ? new Response("{}") : fetch(input, init);
    },
  });
  equal((await client.callApi("http://api.example/orders")).status, 200, "status");
  equal(called.at(-1), "http://api.example/orders", "called");
});

test("apiOrigins lets the named origins through and no other", async (t) => {
  const client = t.client({ apiOrigins: [t.config.api] });
  equal((await client.callApi(t.api("echo"))).status, 200, "status");

  const strict = t.client({ apiOrigins: ["https://api.example"] });
  const others = [
    t.api("echo"), "https://api.example.evil.example/", "https://evil.example/https://api.example", "https://api.example:8443/", "https://sub.api.example/",
  ];
  for (const other of others) await t.isTypeError(() => strict.callApi(other), "apiOrigins");
  equal((await t.seen()).length, 1, "token requests");
});

test("a case or default port that differs in writing is the same origin", async (t) => {
  const client = t.client({
    apiOrigins: ["https://api.example"],
    fetch: async (input, init) => (`${input.url ?? input}`.includes("127.0.0.1") ? fetch(input, init) : new Response("{}")),
  });
  equal((await client.callApi("HTTPS://API.example:443/orders")).status, 200, "status");
});

const LOOK_ALIKES = ["@evil.example/", ".evil.example/", "1/", ":1/", "%2Fevil.example"];
test("what begins like the address of the last call is not taken for it", async (t) => {
  const { origin } = new URL(t.api("echo"));
  const client = t.client({ apiOrigins: [origin] });
  await client.callApi(t.api("echo"));
  for (const more of LOOK_ALIKES) await t.isTypeError(() => client.callApi(`${origin}${more}`), "input");
  equal((await t.seenByApi()).length, 1, "API requests");
});

test("an address like that of the last call arrives as fetch sends it", async (t) => {
  const client = t.client();
  await client.callApi(t.api("echo"));
  const path = new URL(t.api("echo")).pathname;
  const { url } = await arrived(await client.callApi(`${new URL(t.api("echo")).origin}/a/..\t/.${path}?q=ä b#part`));
  equal(url, `${path}?q=%C3%A4%20b`, "url");
});

const WRITINGS = ['?q="x"', "?q='x'", "?q={a|b}", "a/../b", "a/%2e%2e/b", ".well-known/x", "a//b", "a^b`c<d>", "[x]", "a;b=c,d?e&f#g", "?", "#", "ü", "a b", "a\\b", "%"];
test("an address is handed over as the same, whichever call came before it", async (t) => {
  const sent = [];
  const reply = async (input, init) => {
    if (`${input}`.startsWith(t.config.hostile)) return fetch(input, init);
    sent.push(`${input}`);
    return new Response("{}");
  };
  const client = t.client({ fetch: reply });
  for (const writing of WRITINGS) {
    const address = `https://api.example/${writing}`;
    for (const one of ["https://other.example/", address, address]) await client.callApi(one);
    const [, first, again] = sent.splice(0);
    equal(again, first, writing);
  }
});

test("a Request goes where its URL leads, however that is written", async (t) => {
  const { origin, pathname } = new URL(t.api("echo"));
  const written = `${origin}\\@${new URL(t.config.elsewhere).host}${pathname}`;
  const client = t.client({ apiOrigins: [origin] });
  await client.callApi(new Request(written));
  await client.fetch(new Request(written, { method: "POST", body: "text" }));
  await client.callApi(written, new Request(t.api("echo")));
  await t.nothingWentElsewhere();
});

test("an Authorization header of the caller's own is refused before anything is sent", async (t) => {
  const client = t.client();
  const forms = [{ Authorization: "Bearer x" }, { authorization: "" }, [["AUTHORIZATION", "Basic x"]], new Headers({ authorization: "x" })];
  for (const headers of forms) await t.isTypeError(() => client.callApi(t.api("echo"), { headers }), "uthorization");
  await t.isTypeError(() => client.callApi(new Request(t.api("echo"), { headers: { authorization: "x" } })), "uthorization");
  await t.nothingWasSent();
});

test("a body and json: at once are refused before anything is sent", async (t) => {
  await t.isTypeError(() => t.client().callApi(t.api("echo"), { method: "POST", body: "x", json: 1 }), "json");
  await t.nothingWasSent();
});

test("json: of what has no JSON is refused before anything is sent", async (t) => {
  const cyclic = {};
  cyclic.self = cyclic;
  for (const json of [cyclic, 7n, () => {}, Symbol("x")]) {
    await t.isTypeError(() => t.client().callApi(t.api("echo"), { method: "POST", json }), "json");
  }
  await t.nothingWasSent();
});

for (const name of ["client-401", "error-500", "html-200", "redirect-307", "closes-in-the-body", "type-unknown"]) {
  test(`no token, no request to the API: ${name}`, async (t) => {
    const client = t.client({ tokenEndpoint: t.endpointOnce(name), retry: { attempts: 1, hold: 0 } });
    await t.rejects(() => client.callApi(t.api("echo"), { method: "POST", json: {} }), {});
    equal((await t.seenByApi()).length, 0, "API requests");
    equal((await client.callApi(t.api("echo"))).status, 200, "status of the next call");
  });
}

test("an API that is down is a network_error", async (t) => {
  const error = await t.rejects(() => t.client().callApi(`http://127.0.0.1:${t.config.closedPort}/`), { code: "network_error" });
  ok(error.cause !== undefined, "the host's error is the cause");
});

test("the caller's signal ends the wait for a token, too", async (t) => {
  const client = t.client({ tokenEndpoint: t.endpoint("hangs"), timeout: 15_000 });
  const reason = new Error("changed my mind");
  const controller = new AbortController();
  const call = thrownBy(() => client.callApi(t.api("echo"), { signal: controller.signal }));
  setTimeout(() => controller.abort(reason), 50);
  equal(await call, reason, "what is thrown");
});

test("a header that cannot be sent is not quoted", async (t) => {
  for (const authorization of ["Bearer canary-secret\n x", "Bearer canary-secret\u20ac"]) {
    await t.isTypeError(() => t.client().callApi(t.api("echo"), { headers: { authorization } }), "init.headers");
  }
  await t.nothingWasSent();
});

test("a password in the address is refused, whatever init is", async (t) => {
  const address = t.api("echo").replace("//", "//user:canary-secret@");
  await t.isTypeError(() => t.client().callApi(address, new Request(t.api("echo"))), "input");
  await t.nothingWasSent();
});

test("what fetch would read from a prototype is read from there", async (t) => {
  const init = Object.create({ method: "DELETE", headers: { "x-inherited": "yes" } });
  const echo = await (await t.client().callApi(t.api("echo"), init)).json();
  equal(echo.method, "DELETE", "method");
});

test("the caller's signal ends the call with its own reason", async (t) => {
  const client = t.client();
  await client.getToken();
  for (const reason of [new Error("changed my mind"), { mine: 1 }, "text", null]) {
    equal(await thrownBy(() => client.callApi(t.api("echo"), { signal: AbortSignal.abort(reason) })), reason, "what is thrown");
  }
  equal((await t.seenByApi()).length, 0, "API requests");

  const controller = new AbortController();
  const reason = { mine: 2 };
  setTimeout(() => controller.abort(reason), 50);
  equal(await thrownBy(() => client.callApi(t.api("hang"), { signal: controller.signal })), reason, "what is thrown while the API is waited for");
});

test("the caller's signal ends the reading of a body that is there, too", async (t) => {
  const controller = new AbortController();
  for (const retry of [undefined, { deadline: 5_000 }]) {
    const response = await t.client().callApi(t.api("slow-body"), { signal: controller.signal, retry });
    equal(response.status, 200, "status");
    if (retry) controller.abort(new Error("enough"));
    else continue;
    ok((await thrownBy(() => response.text())) !== undefined, "the body ends");
  }
});

test("what the host's fetch takes beside is handed over as it is", async (t) => {
  let seen;
  const client = t.client({ fetch: (input, init) => ((seen = { input, init }), fetch(input, { ...init, cf: undefined })) });
  const cf = { cacheTtl: 0 };
  const signal = new AbortController().signal;
  await client.callApi(t.api("echo"), { cf, signal, method: "POST", json: 1, retry: false, override: true, waitUntil() {} });
  same(Object.keys(seen.init).sort(), ["body", "cf", "headers", "method", "redirect", "signal"], "members");
  ok(seen.init.cf === cf && seen.init.signal === signal, "the very objects");
  equal(seen.init.redirect, "manual", "redirect");
});

test("the caller gets the very response that the host's fetch gave", async (t) => {
  let answer;
  const client = t.client({ fetch: async (input, init) => (answer = await fetch(input, init)) });
  ok((await client.callApi(t.api("echo"))) === answer, "the very object");
});

test("a Request keeps what it has and takes what init says instead", async (t) => {
  const client = t.client();
  const make = (init) => new Request(t.api("echo"), { method: "POST", body: "x", headers: { "content-type": "text/csv", "x-trace": "7" }, ...init });
  const plain = await arrived(await client.callApi(make()));
  same([plain.method, plain.headers["content-type"], plain.headers["x-trace"], plain.body], ["POST", "text/csv", "7", "x"], "as it is");
  const put = await arrived(await client.callApi(make(), { method: "PUT" }));
  same([put.method, put.body, put.headers["x-trace"]], ["PUT", "x", "7"], "another method");
  const other = await arrived(await client.callApi(make(), { body: "y", headers: { "x-trace": "8" } }));
  same([other.method, other.body, other.headers["x-trace"]], ["POST", "y", "8"], "another body and other headers");
  const json = await arrived(await client.callApi(new Request(t.api("echo")), { method: "POST", json: 1 }));
  same([json.method, json.headers["content-type"], json.body], ["POST", "application/json", "1"], "json");
});

test("a Request can stand for init, as with fetch", async (t) => {
  const request = new Request("https://other.example/", { method: "POST", body: "x", headers: { "content-type": "text/csv" } });
  const { method, headers, body } = await arrived(await t.client().callApi(t.api("echo"), request));
  same([method, headers["content-type"], body], ["POST", "text/csv", "x"], "request");
});

test("override: true replaces an Authorization header", async (t) => {
  const client = t.client();
  const { authorization } = await client.getToken();
  const request = new Request(t.api("echo"), { headers: { authorization: "Basic canary-secret" } });
  equal((await arrived(await client.callApi(request, { override: true }))).headers.authorization, authorization, "of a Request");
  const headers = { AUTHORIZATION: "x" };
  equal((await arrived(await client.callApi(t.api("echo"), { headers, override: true }))).headers.authorization, authorization, "of init");
  await t.isTypeError(() => client.callApi(t.api("echo"), { headers, override: "yes" }), "override");
});

const used = async (t) => {
  const request = new Request(t.api("echo"), { method: "POST", body: "x" });
  await request.text();
  return request;
};
const stream = (...parts) => new ReadableStream({ start: (controller) => (parts.forEach((part) => controller.enqueue(new TextEncoder().encode(part))), controller.close()) });
const locked = () => {
  const body = stream("x");
  body.getReader();
  return body;
};
// what is wrong: the arguments after the address, and the path that is named
const BAD_ARGUMENTS = {
  "a GET with a body": [{ method: "GET", body: "x" }, "init.body"],
  "a HEAD with a body": [{ method: "head", body: "x" }, "init.body"],
  "a body without a method": [{ body: "x" }, "init.body"],
  "json without a method": [{ json: 1 }, "init.json"],
  "a method that is none": [{ method: "NOT A METHOD" }, "init.method"],
  "a method with a line break": [{ method: "GET / HTTP/1.1\r\nx-a: b" }, "init.method"],
  "a header name that is none": [{ headers: { "a b": "c" } }, "init.headers"],
  "a header value with a line break": [{ headers: { "x-a": "canary-secret\r\nx-b: c" } }, "init.headers"],
  "a stream that is being read": [() => ({ method: "POST", body: locked(), duplex: "half" }), "init.body"],
  "a redirect mode that is none": [{ redirect: "sometimes" }, "init.redirect"],
  "a number of retries": [{ retry: 3 }, "init.retry"],
  "retry: true": [{ retry: true }, "init.retry"],
  "an unknown way to retry": [{ retry: { limit: 3 } }, "init.retry.limit"],
  "a deadline of 0": [{ retry: { deadline: 0 } }, "init.retry.deadline"],
  "init that is a number": [7, "init"],
  "init that is a string": ["POST", "init"],
  "json that cannot be read": [{ get json() { throw new Error("no"); } }, "init.json"],
  "a method that cannot be read": [{ get method() { throw new Error("no"); } }, "init.method"],
};
for (const [name, [init, path]] of Object.entries(BAD_ARGUMENTS)) {
  test(`arguments are refused before anything is sent: ${name}`, async (t) => {
    await t.isTypeError(() => t.client().callApi(t.api("echo"), typeof init === "function" ? init() : init), path);
    await t.nothingWasSent();
  });
}

test("a Request whose body was used is refused before anything is sent", async (t) => {
  await t.isTypeError(async () => t.client().callApi(await used(t)), "input");
  await t.nothingWasSent();
});

test("an address that cannot be read is refused before anything is sent", async (t) => {
  await t.isTypeError(() => t.client().callApi({ toString() { throw new Error("no"); } }), "input");
  await t.nothingWasSent();
});
