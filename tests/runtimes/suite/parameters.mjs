// What a token request can ask for, as servers read it.

import { equal, same } from "../assert.mjs";
import { test } from "./define.mjs";

const ONE = "https://api.example/one";
const TWO = "https://api.example/two";

const sentOf = async (t) => new URLSearchParams((await t.seen()).at(-1).body);

test("several resources are repeated parameters, in their order", async (t) => {
  await t.register();
  await t.client({ tokenEndpoint: t.endpoint("asks-for-two-resources"), resource: [ONE, TWO] }).getToken();
  same((await sentOf(t)).getAll("resource"), [ONE, TWO], "resource");
});

test("a resource of a call stands in place of the client's", async (t) => {
  await t.client({ resource: ONE }).getToken({ resource: TWO });
  same((await sentOf(t)).getAll("resource"), [TWO], "resource");
});

test("authorization details are sent as JSON", async (t) => {
  await t.register();
  const authorizationDetails = [{ type: "payment", actions: ["initiate"], amount: { currency: "EUR", value: "1.00" }, note: "ä & b" }];
  await t.client({ tokenEndpoint: t.endpoint("asks-for-details"), authorizationDetails }).getToken();
  same(JSON.parse((await sentOf(t)).get("authorization_details")), authorizationDetails, "authorization_details");
});

test("tokens are never shared between requests whose resources or details differ", async (t) => {
  const client = t.client();
  const requests = [
    {}, { resource: ONE }, { resource: [ONE, TWO] }, { resource: [TWO] }, { audience: ONE },
    { authorizationDetails: [{ type: "a" }] }, { authorizationDetails: [{ type: "b" }] }, { authorizationDetails: [{ type: "a" }, { type: "b" }] },
  ];
  const tokens = new Set();
  for (const request of requests) tokens.add((await client.getToken(request)).accessToken);
  equal(tokens.size, requests.length, "tokens");
  for (const request of requests) equal((await client.getToken(request)).source, "memory", "source of the repetition");
});

test("an organization is sent where the client's grant wants one", async (t) => {
  await t.register();
  await t.client({ tokenEndpoint: t.endpoint("asks-for-organization"), organization: "org_1" }).getToken();
  await t.rejects(() => t.client({ tokenEndpoint: t.endpoint("asks-for-organization") }).getToken(), { code: "request_refused", status: 400 });
});

test("no organization is sent where the client's grant allows none", async (t) => {
  await t.register();
  await t.client({ tokenEndpoint: t.endpoint("asks-for-no-organization") }).getToken();
  await t.rejects(() => t.client({ tokenEndpoint: t.endpoint("asks-for-no-organization"), organization: "org_1" }).getToken(), { code: "request_refused", status: 400 });
});

// What the caller gives: what the message names.
const MISTAKES = {
  "a resource that is no URL": ["request.resource", { resource: "orders" }],
  "a resource with a fragment": ["request.resource", { resource: "https://api.example/#part" }],
  "a resource that is a number": ["request.resource", { resource: 7 }],
  "no resource in a list": ["request.resource", { resource: [] }],
  "details that are no array": ["request.authorizationDetails", { authorizationDetails: { type: "a" } }],
  "details without a type": ["request.authorizationDetails", { authorizationDetails: [{ actions: [] }] }],
  "details that cannot be JSON": ["request.authorizationDetails", { authorizationDetails: [{ type: "a", n: 1n }] }],
};
for (const [what, [path, request]] of Object.entries(MISTAKES)) {
  test(`a mistake in what is asked for is a TypeError that names it: ${what}`, async (t) => {
    await t.isTypeError(() => t.client().getToken(request), path);
    await t.nothingWasSent();
  });
}
