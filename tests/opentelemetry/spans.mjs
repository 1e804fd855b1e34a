// One span for each token request.

import { context, SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import { between, equal, ok, same } from "../runtimes/assert.mjs";
import { failed, received, renewalFailed, requested } from "./events.mjs";
import { startTelemetry } from "./telemetry.mjs";

const MAX_OPEN = 1_000;

/**
 * @param {(what: string, body: () => void | Promise<void>) => Promise<boolean>} test
 * @param {{ openTelemetry: Function }} bridge
 */
export async function checkSpans(test, { openTelemetry }) {
  /** What the events come to, as spans. */
  async function spansFrom(...events) {
    const telemetry = startTelemetry();
    const listener = openTelemetry({ tracerProvider: telemetry.tracerProvider });
    for (const event of events) listener(event);
    const spans = await telemetry.spans();
    await telemetry.stop();
    return spans;
  }

  await test("a request that got a token is a CLIENT span without a status", async () => {
    const [span, ...others] = await spansFrom(requested(1), received(1));
    equal(others.length, 0, "further spans");
    equal(span.name, "request token", "name");
    equal(span.kind, SpanKind.CLIENT, "kind");
    same(span.attributes, { "gatepass.key": "k3yk3yk3", "gatepass.renewal": false, "gatepass.attempt": 1, "gatepass.outcome": "received" }, "attributes");
    same(span.status, { code: SpanStatusCode.UNSET }, "status");
  });

  await test("a failed request is an ERROR with the code and the server's status", async () => {
    const [span] = await spansFrom(requested(1, { attempt: 2 }), failed(1));
    const attributes = { "gatepass.key": "k3yk3yk3", "gatepass.renewal": false, "gatepass.attempt": 2, "gatepass.outcome": "failed" };
    same(span.attributes, { ...attributes, "error.type": "server_error", "http.response.status_code": 503 }, "attributes");
    same(span.status, { code: SpanStatusCode.ERROR }, "status");
    equal(span.events.length, 0, "span events");
  });

  await test("a failed renewal is an ERROR as well, and without an answer has no status code", async () => {
    const [span] = await spansFrom(requested(1, { renewal: true }), renewalFailed(1));
    const attributes = { "gatepass.key": "k3yk3yk3", "gatepass.renewal": true, "gatepass.attempt": 1 };
    same(span.attributes, { ...attributes, "gatepass.outcome": "renewal_failed", "error.type": "timeout" }, "attributes");
    equal(span.status.code, SpanStatusCode.ERROR, "status");
  });

  await test("requests that overlap are told apart by their number", async () => {
    const spans = await spansFrom(requested(1, { key: "one" }), requested(2, { key: "two" }), received(2), failed(1));
    same(spans.map(({ attributes }) => [attributes["gatepass.key"], attributes["gatepass.outcome"]]), [["two", "received"], ["one", "failed"]], "spans");
  });

  await test("a span lasts from the request to its end", async () => {
    const telemetry = startTelemetry();
    const listener = openTelemetry({ tracerProvider: telemetry.tracerProvider });
    listener(requested(1));
    await new Promise((resolve) => setTimeout(resolve, 50));
    listener(received(1));
    const [{ duration }] = await telemetry.spans();
    between(duration[0] * 1_000 + duration[1] / 1e6, 45, 5_000, "milliseconds");
    await telemetry.stop();
  });

  await test("its parent is the span that is active when the request is made, also when it ends elsewhere", async () => {
    const telemetry = startTelemetry();
    const listener = openTelemetry({ tracerProvider: telemetry.tracerProvider });
    const parents = ["one", "two"].map((name) => telemetry.tracerProvider.getTracer("test").startSpan(name));
    const inside = (parent, action) => context.with(trace.setSpan(context.active(), parent), action);
    await Promise.all(parents.map((parent, request) => inside(parent, async () => {
      await undefined;
      listener(requested(request));
    })));
    inside(parents[1], () => listener(received(0)));
    listener(received(1));
    const spans = await telemetry.spans();
    same(spans.map(({ parentSpanContext }) => parentSpanContext.spanId), parents.map((parent) => parent.spanContext().spanId), "parents");
    same(spans.map((span) => span.spanContext().traceId), parents.map((parent) => parent.spanContext().traceId), "traces");
    await telemetry.stop();
  });

  await test("without an active span it is a root", async () => {
    const [span] = await spansFrom(requested(1), received(1));
    equal(span.parentSpanContext, undefined, "parent");
  });

  await test("a further attempt under the same number belongs to the same span", async () => {
    const spans = await spansFrom(requested(1), requested(1, { attempt: 2 }), received(1));
    same(spans.map(({ attributes }) => attributes["gatepass.attempt"]), [2], "attempts");
  });

  await test("an end without a beginning, and a second end, are ignored", async () => {
    const spans = await spansFrom(received(7), failed(8), requested(1), received(1), failed(1));
    same(spans.map(({ attributes }) => attributes["gatepass.outcome"]), ["received"], "spans");
  });

  await test("of the requests whose end never comes, the oldest end as cancelled when there are too many", async () => {
    const numbers = Array.from({ length: MAX_OPEN }, (_, index) => index);
    equal((await spansFrom(...numbers.map((request) => requested(request)))).length, 0, "spans that ended");

    const later = [MAX_OPEN, MAX_OPEN + 1].map((request) => requested(request, { renewal: true }));
    const spans = await spansFrom(...numbers.map((request) => requested(request, { key: `k${request}` })), ...later, received(0), received(2));
    same(spans.map(({ attributes }) => [attributes["gatepass.key"], attributes["gatepass.outcome"]]), [["k0", "cancelled"], ["k1", "cancelled"], ["k2", "received"]], "spans");
    ok(spans.every(({ status, attributes }) => status.code === SpanStatusCode.UNSET && !("error.type" in attributes)), "a cancelled one has a status");
  });
}
