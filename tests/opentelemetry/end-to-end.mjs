// A client with the bridge as its listener, against an authorization server.

import { context, SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import { equal, includes, ok, same, thrownBy } from "../runtimes/assert.mjs";
import { startLogin3 } from "../servers/login3.mjs";
import { startTelemetry } from "./telemetry.mjs";

const SECRET = "demo-secret-of-the-embedded-server";

/**
 * @param {(what: string, body: () => void | Promise<void>) => Promise<boolean>} test
 * @param {{ openTelemetry: Function }} bridge
 * @param {{ Client: Function }} gatepass
 */
export async function checkEndToEnd(test, { openTelemetry }, { Client }) {
  const login3 = await startLogin3({ audiences: ["https://one.example", "https://two.example"], clientSecret: SECRET });
  const { domain, clientId, audiences: [audience, other] } = login3;
  const telemetry = startTelemetry();
  const { tracerProvider, meterProvider } = telemetry;

  function start(options = {}) {
    return new Client({ domain, clientId, clientSecret: SECRET, audience, onEvent: openTelemetry({ tracerProvider, meterProvider }), ...options });
  }

  /** Calls as inside a span of the user's; resolves to that span's context and the token. */
  async function inside(name, action) {
    const span = tracerProvider.getTracer("user").startSpan(name);
    const token = await context.with(trace.setSpan(context.active(), span), action);
    return { parent: span.spanContext(), token };
  }

  const tokenSpans = async () => (await telemetry.spans()).filter(({ name }) => name === "request token");

  try {
    await test("a token request is a span below the caller's, and a token from memory is none", async () => {
      const client = start();
      const { parent, token } = await inside("caller", () => client.getToken());
      await client.getToken();
      const [span, ...more] = await tokenSpans();
      equal(more.length, 0, "further spans");
      equal(span.kind, SpanKind.CLIENT, "kind");
      equal(span.parentSpanContext?.spanId, parent.spanId, "parent");
      equal(span.status.code, SpanStatusCode.UNSET, "status");
      const { "gatepass.key": key, ...attributes } = span.attributes;
      same(attributes, { "gatepass.renewal": false, "gatepass.attempt": 1, "gatepass.outcome": "received" }, "attributes");
      equal(key.length, 8, "length of the key");

      const points = await telemetry.points();
      const served = Object.fromEntries(points["gatepass.token.served"].map(([by, value]) => [by["gatepass.token.source"], value]));
      same(served, { network: 1, memory: 1 }, "served");
      equal(points["gatepass.token.request.duration"][0][1].count, 1, "durations");
      const text = await telemetry.text();
      ok(!text.includes(token.accessToken) && !text.includes(SECRET), "a secret is in what is exported");
    });

    await test("requests that are made at the same time are below their own callers", async () => {
      const client = start({ parameters: { round: "parents" } });
      const before = (await tokenSpans()).length;
      const callers = await Promise.all([audience, other].map((audience) => inside(audience, () => client.getToken({ audience }))));
      const spans = (await tokenSpans()).slice(before);
      same(spans.map(({ parentSpanContext }) => parentSpanContext?.spanId).sort(), callers.map(({ parent }) => parent.spanId).sort(), "parents");
    });

    await test("a refused request is an ERROR that says why, and not with what", async () => {
      const client = start({ clientSecret: "wr0ng" });
      const error = await thrownBy(() => client.getToken());
      const span = (await tokenSpans()).at(-1);
      equal(span.status.code, SpanStatusCode.ERROR, "status");
      equal(span.attributes["error.type"], error.code, "error.type");
      equal(span.attributes["http.response.status_code"], 401, "status code");
      const text = await telemetry.text();
      includes(text, '"error.type":"invalid_client"', "what is exported");
      ok(!text.includes("wr0ng"), "a secret is in what is exported");
    });

    await test("a listener of the user's own can be called beside the bridge", async () => {
      const seen = [];
      const bridge = openTelemetry({ tracerProvider, meterProvider });
      const client = start({
        parameters: { round: "two listeners" },
        onEvent(event) {
          bridge(event);
          seen.push(event.type);
        },
      });
      const before = (await tokenSpans()).length;
      await client.getToken();
      equal((await tokenSpans()).length - before, 1, "spans");
      same(seen, ["token_requested", "token_received", "token_served"], "events");
    });
  } finally {
    await Promise.all([telemetry.stop(), login3.close()]);
  }
}
