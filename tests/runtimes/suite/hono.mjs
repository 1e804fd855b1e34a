// The guard for Hono, with the real Hono on every runtime.

import { Verifier } from "gatepass";
import { protect, resourceMetadata } from "gatepass/hono";
import { Hono } from "hono";
import { equal, includes, same, thrownBy } from "../assert.mjs";
import { test } from "./define.mjs";
import { ISSUER, AUDIENCE } from "./jwt.mjs";
import { tokenWith, verifierOf } from "./requests.mjs";

const asking = (token) => ({ headers: { authorization: `Bearer ${token}` } });

test("Hono: a good token comes in, and its claims are where Hono's users look for them", async (t) => {
  const verifier = await verifierOf(t);
  const app = new Hono();
  app.use("/orders/*", protect(verifier, { scopes: ["read:orders"] }));
  app.get("/orders/:id", (c) => c.json({ id: c.req.param("id"), sub: c.get("jwtPayload").sub, scheme: c.get("auth").scheme }));
  app.get("/open", (c) => c.text("open"));
  const token = await tokenWith(t, { scope: "read:orders" });
  same(await (await app.request("/orders/7", asking(token))).json(), { id: "7", sub: "client@clients", scheme: "Bearer" }, "body");
  equal(await (await app.request("/open")).text(), "open", "a route without a guard");
});

test("Hono: others are answered, and the handler never runs", async (t) => {
  const verifier = await verifierOf(t);
  let ran = 0;
  const app = new Hono();
  app.get("/orders", protect(verifier, { scopes: ["read:orders"] }), (c) => c.text(`ran ${(ran += 1)}`));
  for (const [init, status, error] of [
    [{}, 401, undefined],
    [asking("a.b.c"), 401, "invalid_token"],
    [{ headers: { authorization: "Bearer a b" } }, 400, "invalid_request"],
    [asking(await tokenWith(t)), 403, "insufficient_scope"],
  ]) {
    const response = await app.request("/orders", init);
    equal(response.status, status, "status");
    if (error === undefined) equal(response.headers.get("www-authenticate"), "Bearer", "challenge");
    else includes(response.headers.get("www-authenticate"), `Bearer error="${error}"`, "challenge");
  }
  equal(ran, 0, "runs of the handler");
});

test("Hono: onRefused sees each refusal and may answer", async (t) => {
  const verifier = await verifierOf(t);
  const seen = [];
  const onRefused = (error, c) => {
    seen.push([error.code, c.req.path]);
    return error.code === "invalid_token" ? c.text("no", 401) : undefined;
  };
  const app = new Hono().get("/", protect(verifier, undefined, { onRefused }), (c) => c.text("in"));
  equal(await (await app.request("/", asking("a.b.c"))).text(), "no", "its own answer");
  equal((await app.request("/")).headers.get("www-authenticate"), "Bearer", "the usual answer");
  same(seen, [["invalid_token", "/"], ["missing_token", "/"]], "what it saw");
});

test("Hono: the verifier can be made for each request, and a programmer's mistake is not an answer", async (t) => {
  await verifierOf(t);
  const env = { GATEPASS_ISSUER: ISSUER, GATEPASS_AUDIENCE: AUDIENCE };
  const app = new Hono();
  app.get("/", protect((c) => Verifier.fromEnv(c.env, { jwksUri: t.keys("good") })), (c) => c.text(c.get("auth").claims.sub));
  app.get("/wrong", protect(async () => { throw new Error("no verifier"); }), (c) => c.text("in"));
  app.onError((error, c) => c.text(`handled: ${error.message}`, 500));
  const token = await tokenWith(t);
  equal(await (await app.request("/", asking(token), env)).text(), "client@clients", "body");
  equal(await (await app.request("/wrong", asking(token), env)).text(), "handled: no verifier", "the application's own handler");
  for (const [make, path] of [
    [() => protect(undefined), "verifier"],
    [() => protect({}), "verifier"],
    [() => protect(() => undefined, {}, { onError() {} }), "options.onError"],
    [() => protect(() => undefined, {}, { url: "https://api.example" }), "options.url"],
  ]) {
    const error = await thrownBy(async () => make());
    same([error instanceof TypeError, error.message.startsWith(`gatepass: ${path} `)], [true, true], error.message);
  }
});

test("Hono: the API describes itself", async (t) => {
  const verifier = await verifierOf(t, { resourceMetadata: { resource: "https://api.example" } });
  const app = new Hono().get("/.well-known/oauth-protected-resource", resourceMetadata(verifier));
  const response = await app.request("/.well-known/oauth-protected-resource");
  equal((await response.json()).resource, "https://api.example", "resource");
});
