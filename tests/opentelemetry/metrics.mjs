// What is counted and measured.

import { DataPointType } from "@opentelemetry/sdk-metrics";
import { equal, ok, same } from "../runtimes/assert.mjs";
import * as events from "./events.mjs";
import { startTelemetry } from "./telemetry.mjs";

/**
 * @param {(what: string, body: () => void | Promise<void>) => Promise<boolean>} test
 * @param {{ openTelemetry: Function }} bridge
 */
export async function checkMetrics(test, { openTelemetry }) {
  /** What the events come to. */
  async function metricsFrom(...list) {
    const telemetry = startTelemetry();
    const listener = openTelemetry({ meterProvider: telemetry.meterProvider });
    for (const event of list) listener(event);
    const [metrics, points] = [await telemetry.metrics(), await telemetry.points()];
    await telemetry.stop();
    return { metrics, points };
  }

  await test("tokens are counted by where they came from, also from where nobody knows yet", async () => {
    const { points } = await metricsFrom(...["memory", "store", "memory", "network", "memory", "constructor"].map(events.served));
    const expected = [[{ "gatepass.token.source": "memory" }, 3], [{ "gatepass.token.source": "store" }, 1], [{ "gatepass.token.source": "network" }, 1], [{}, 1]];
    same(points["gatepass.token.served"], expected, "served");
  });

  await test("a token from memory costs one call of the counter, with attributes that were made before", () => {
    const calls = [];
    const counter = (name) => ({ add: (...args) => calls.push([name, ...args]) });
    const listener = openTelemetry({ meter: { createCounter: counter, createHistogram: () => ({}) } });
    for (let round = 0; round < 3; round += 1) listener(events.served("memory"));
    equal(calls.length, 3, "calls");
    for (const call of calls) {
      same(call, ["gatepass.token.served", 1, { "gatepass.token.source": "memory" }], "call");
      ok(call[2] === calls[0][2], "the attributes are made anew");
    }
  });

  await test("requests are counted and measured in seconds, by outcome and error", async () => {
    const { metrics, points } = await metricsFrom(
      events.requested(1), events.received(1),
      events.requested(2), events.failed(2),
      events.requested(3), events.failed(3, { durationMs: 2_420 }),
      events.requested(4), events.renewalFailed(4),
    );
    const by = [
      { "gatepass.outcome": "received" },
      { "gatepass.outcome": "failed", "error.type": "server_error" },
      { "gatepass.outcome": "renewal_failed", "error.type": "timeout" },
    ];
    same(points["gatepass.token.requests"], [[by[0], 1], [by[1], 2], [by[2], 1]], "requests");
    same(points["gatepass.token.request.duration"].map(([attributes, { count, sum }]) => [attributes, count, sum]), [[by[0], 1, 0.12], [by[1], 2, 2.5], [by[2], 1, 10]], "durations");
    const { descriptor, dataPointType, dataPoints } = metrics.get("gatepass.token.request.duration");
    equal(descriptor.unit, "s", "unit");
    equal(dataPointType, DataPointType.HISTOGRAM, "kind");
    same(dataPoints[0].value.buckets.boundaries, [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10], "boundaries");
  });

  await test("refusals, failures of the store, waiters and takeovers are counted", async () => {
    const { points } = await metricsFrom(
      events.refused("invalid_client"), events.refused("rate_limited"), events.refused("rate_limited"),
      events.storeFailed("get", "timeout"), events.storeFailed("set", "threw"), events.storeFailed("set", "threw"),
      events.waiting(), events.waiting(), events.takenOver(),
    );
    same(points["gatepass.token.refused"], [[{ "error.type": "invalid_client" }, 1], [{ "error.type": "rate_limited" }, 2]], "refused");
    const failure = (operation, problem) => ({ "gatepass.store.operation": operation, "gatepass.store.problem": problem });
    same(points["gatepass.store.failures"], [[failure("get", "timeout"), 1], [failure("set", "threw"), 2]], "store failures");
    same(points["gatepass.waiting"], [[{}, 2]], "waiting");
    same(points["gatepass.taken_over"], [[{}, 1]], "taken over");
  });

  await test("what a quota has left is a gauge, by scope and bucket", async () => {
    const { metrics, points } = await metricsFrom(
      events.quota({ remaining: 40 }), events.quota({ remaining: 0 }),
      events.quota({ remaining: 7, scope: "organization", bucket: "per_hour" }),
      events.quota({ remaining: undefined, scope: "endpoint" }),
    );
    equal(metrics.get("gatepass.quota.remaining").dataPointType, DataPointType.GAUGE, "kind");
    const organization = { "gatepass.quota.scope": "organization", "gatepass.quota.bucket": "per_hour" };
    same(points["gatepass.quota.remaining"], [[{ "gatepass.quota.scope": "client" }, 0], [organization, 7]], "remaining");
  });

  await test("with a meter that has no gauge, as before version 1.9 of the API, the rest is counted", async () => {
    const telemetry = startTelemetry();
    const meter = telemetry.meterProvider.getMeter("old");
    const old = { createCounter: meter.createCounter.bind(meter), createHistogram: meter.createHistogram.bind(meter) };
    const listener = openTelemetry({ meter: old });
    for (const event of [events.quota(), events.waiting()]) listener(event);
    same(Object.keys(await telemetry.points()), ["gatepass.waiting"], "metrics");
    await telemetry.stop();
  });

  await test("every metric has a unit and a description, and none an attribute for the cache entry", async () => {
    const { metrics } = await metricsFrom(
      events.received(1), events.served("store"), events.refused("timeout"), events.storeFailed("get", "threw"), events.waiting(), events.takenOver(), events.quota(),
    );
    equal(metrics.size, 8, "metrics");
    for (const { descriptor, dataPoints } of metrics.values()) {
      ok(/^(s|\{[a-z]+\})$/.test(descriptor.unit), `${descriptor.name}: unit ${descriptor.unit}`);
      ok(descriptor.description.endsWith("."), `${descriptor.name}: description ${descriptor.description}`);
      ok(dataPoints.every(({ attributes }) => !("gatepass.key" in attributes)), descriptor.name);
    }
  });
}
