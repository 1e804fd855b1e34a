// Mistakes in the options of the OpenTelemetry bridge that do not compile.
import { openTelemetry } from "gatepass/opentelemetry";

// @ts-expect-error TS2561: an unknown option
openTelemetry({ traser: undefined });
// @ts-expect-error TS2322: a name is not a tracer
openTelemetry({ tracer: "gatepass" });
// @ts-expect-error TS2322: null is not a provider
openTelemetry({ meterProvider: null });
// @ts-expect-error TS2554: a listener takes an event
openTelemetry()();
