// The listener that turns events into spans and metrics.
import { metrics, trace } from "@opentelemetry/api";
import { openTelemetry, type OpenTelemetryOptions } from "gatepass/opentelemetry";
import { same } from "../expect.js";

openTelemetry();
openTelemetry({});
openTelemetry({ tracer: trace.getTracer("mine"), meter: metrics.getMeter("mine") });
openTelemetry({ tracerProvider: trace.getTracerProvider(), meterProvider: metrics.getMeterProvider() });

const absent: OpenTelemetryOptions = { tracer: undefined, meter: undefined, tracerProvider: undefined, meterProvider: undefined };
const telemetry = openTelemetry(absent);

// It takes any event, and another listener may be called beside it.
type Event = { type: "waiting"; at: number; key: string } | { type: "token_served"; at: number; key: string; source: "memory" };
const listener: (event: Event) => void = telemetry;
const both = (event: Event) => {
  telemetry(event);
  if (event.type === "token_served") same<typeof event.source, "memory">();
};

export { both, listener };
