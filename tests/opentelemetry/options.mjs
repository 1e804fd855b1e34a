// What the bridge takes, and what it does with providers that are absent, late or broken.

import { metrics, trace } from "@opentelemetry/api";
import { equal, includes, ok, same, thrownBy } from "../runtimes/assert.mjs";
import * as events from "./events.mjs";
import { startTelemetry } from "./telemetry.mjs";

/**
 * @param {(what: string, body: () => void | Promise<void>) => Promise<boolean>} test
 * @param {{ openTelemetry: Function }} bridge
 */
export async function checkOptions(test, { openTelemetry }) {
  const { tracerProvider, meterProvider, stop } = startTelemetry();

  for (const [what, options, message] of [
    ["an unknown option", { traser: undefined }, "options.traser is not a known option"],
    ["the name of a member of every object", { constructor: {} }, "options.constructor is not a known option"],
    ["a provider in place of a tracer", { tracer: tracerProvider }, "options.tracer must have a method startSpan"],
    ["a provider in place of a meter", { meter: meterProvider }, "options.meter must have a method createCounter"],
    ["null in place of a provider", { tracerProvider: null }, "options.tracerProvider must have a method getTracer"],
    ["a name in place of a provider", { meterProvider: "gatepass" }, "options.meterProvider must have a method getMeter"],
    ["a tracer and a provider", { tracer: tracerProvider.getTracer("a"), tracerProvider }, "options.tracer and options.tracerProvider exclude each other"],
    ["a meter and a provider", { meter: meterProvider.getMeter("a"), meterProvider }, "options.meter and options.meterProvider exclude each other"],
    ["null in place of the options", null, "options must be an object"],
  ]) {
    await test(`${what} is a TypeError`, async () => {
      const error = await thrownBy(() => openTelemetry(options));
      ok(error instanceof TypeError, error.name);
      equal(error.message, `gatepass: ${message}`, "message");
    });
  }

  await test("without an SDK and without options every event is taken, and nothing happens", () => {
    const listener = openTelemetry();
    for (const event of oneOfEach()) equal(listener(event), undefined, event.type);
  });

  await test("options may be written as undefined", () => {
    openTelemetry({ tracer: undefined, tracerProvider: undefined, meter: undefined, meterProvider: undefined })(events.waiting());
  });

  await test("an SDK that is registered after the first events sees the later ones", async () => {
    const telemetry = startTelemetry();
    const listener = openTelemetry();
    for (const event of oneOfEach()) listener(event);
    trace.setGlobalTracerProvider(telemetry.tracerProvider);
    metrics.setGlobalMeterProvider(telemetry.meterProvider);
    try {
      for (const event of [events.served("memory"), events.requested(9), events.received(9)]) listener(event);
      equal((await telemetry.spans()).length, 1, "spans");
      same((await telemetry.points())["gatepass.token.served"], [[{ "gatepass.token.source": "memory" }, 1]], "served");
    } finally {
      trace.disable();
      metrics.disable();
      await telemetry.stop();
    }
  });

  await test("the tracer and the meter of the options are used", async () => {
    const telemetry = startTelemetry();
    const listener = openTelemetry({ tracer: telemetry.tracerProvider.getTracer("mine"), meter: telemetry.meterProvider.getMeter("mine") });
    for (const event of oneOfEach()) listener(event);
    equal((await telemetry.spans())[0].instrumentationScope.name, "mine", "scope");
    ok((await telemetry.metrics()).has("gatepass.token.served"), "nothing was counted");
    await telemetry.stop();
  });

  await test("the scope of what comes from a provider is gatepass", async () => {
    const telemetry = startTelemetry();
    const names = [];
    const meters = { getMeter: (name) => (names.push(name), telemetry.meterProvider.getMeter(name)) };
    const listener = openTelemetry({ tracerProvider: telemetry.tracerProvider, meterProvider: meters });
    for (const event of [...oneOfEach(), ...oneOfEach()]) listener(event);
    equal((await telemetry.spans())[0].instrumentationScope.name, "gatepass", "scope");
    equal(names.join(), "gatepass", "meters that were asked for");
    await telemetry.stop();
  });

  await test("a meter that throws does not cost the spans, nor a tracer that throws the metrics, and neither reaches the caller", async () => {
    const telemetry = startTelemetry();
    const broken = () => {
      throw new Error("broken");
    };
    const spansOnly = openTelemetry({ tracerProvider: telemetry.tracerProvider, meter: { createCounter: broken } });
    const metricsOnly = openTelemetry({ tracer: { startSpan: broken }, meterProvider: telemetry.meterProvider });
    for (const listener of [spansOnly, metricsOnly]) for (const event of oneOfEach()) listener(event);
    equal((await telemetry.spans()).length, 3, "spans");
    same((await telemetry.points())["gatepass.waiting"], [[{}, 1]], "waiting");
    await telemetry.stop();
  });

  await test("events of unknown types, and things that are no events, are ignored", async () => {
    const telemetry = startTelemetry();
    const listener = openTelemetry(providersOf(telemetry));
    for (const event of [{ type: "something_new", request: 1, code: "x" }, { type: "constructor" }, {}, null, undefined, "token_served"]) listener(event);
    equal((await telemetry.spans()).length, 0, "spans");
    same(Object.values(await telemetry.points()).flat(), [], "measurements");
    await telemetry.stop();
  });

  await test("nothing but the known members of an event gets out", async () => {
    const telemetry = startTelemetry();
    const listener = openTelemetry(providersOf(telemetry));
    const secrets = { clientSecret: "s3cr3t", accessToken: "s3cr3t", error: "s3cr3t", message: "s3cr3t", domain: "s3cr3t" };
    for (const event of oneOfEach()) listener({ ...event, ...secrets });
    const text = await telemetry.text();
    includes(text, "gatepass.store.failures", "what is exported");
    ok(!text.includes("s3cr3t"), text);
    await telemetry.stop();
  });

  await test("two bridges at one client keep their own spans", async () => {
    const [one, other] = [startTelemetry(), startTelemetry()];
    const listeners = [one, other].map((telemetry) => openTelemetry(providersOf(telemetry)));
    for (const event of oneOfEach()) for (const listener of listeners) listener(event);
    for (const telemetry of [one, other]) equal((await telemetry.spans()).length, 3, "spans");
    await Promise.all([one.stop(), other.stop()]);
  });

  await stop();
}

const providersOf = ({ tracerProvider, meterProvider }) => ({ tracerProvider, meterProvider });

function oneOfEach() {
  return [
    ...[1, 2, 3].map((request) => events.requested(request)),
    events.received(1),
    events.failed(2),
    events.renewalFailed(3),
    events.served("memory"),
    events.refused("invalid_client"),
    events.waiting(),
    events.takenOver(),
    events.storeFailed("get", "timeout"),
    events.quota(),
    events.postponed(),
  ];
}
