// @ts-self-types="./opentelemetry.d.ts"
// Turns the events of a client into OpenTelemetry spans and metrics. Names follow the semantic conventions ("Naming",
// "Metrics", "Recording errors"): https://opentelemetry.io/docs/specs/semconv/general/
import { SpanKind, SpanStatusCode, metrics, trace } from "@opentelemetry/api";

const SCOPE = "gatepass";
// As many as a client keeps tokens. A cancelled request never says that it ended, so that open spans would add up.
const MAX_OPEN_SPANS = 1000;
// What the conventions give for http.client.request.duration; the SDK's own boundaries are meant for milliseconds.
const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];
const OUTCOMES = new Map([["token_received", "received"], ["token_failed", "failed"], ["renewal_failed", "renewal_failed"]]);
// Made once, because every call that gets a token counts with one of them.
const SERVED_FROM = new Map(["memory", "store", "network"].map((source) => [source, Object.freeze({ "gatepass.token.source": source })]));
// Each option, with the method that tells it from something else.
const OPTIONS = new Map([["tracer", "startSpan"], ["tracerProvider", "getTracer"], ["meter", "createCounter"], ["meterProvider", "getMeter"]]);

export function openTelemetry(options = {}) {
  check(options);
  const listeners = [spansOf(options), metricsOf(options)];
  return function onEvent(event) {
    for (let index = 0; index < listeners.length; index += 1) {
      try {
        listeners[index](event);
      } catch {
        // Whatever an exporter or a provider does, it is not the business of the request that is being observed.
      }
    }
  };
}

/** One span for each token request. Only named members of an event are read, so that nothing else can get out. */
function spansOf({ tracer, tracerProvider = trace }) {
  const from = tracer ?? tracerProvider.getTracer(SCOPE);
  const open = new Map();

  function begin({ request, key, renewal, attempt }) {
    const span = open.get(request);
    if (span !== undefined) return void span.setAttribute("gatepass.attempt", attempt);
    if (open.size >= MAX_OPEN_SPANS) end(open.keys().next().value, "cancelled");
    const attributes = { "gatepass.key": key, "gatepass.renewal": renewal, "gatepass.attempt": attempt };
    // Its parent is the active span: this runs inside the call that needs the token.
    open.set(request, from.startSpan("request token", { kind: SpanKind.CLIENT, attributes }));
  }

  function end(request, outcome, { code, status } = {}) {
    const span = open.get(request);
    if (span === undefined) return;
    open.delete(request);
    span.setAttribute("gatepass.outcome", outcome);
    if (status !== undefined) span.setAttribute("http.response.status_code", status);
    if (code !== undefined) {
      span.setAttribute("error.type", code);
      span.setStatus({ code: SpanStatusCode.ERROR });
    }
    span.end();
  }

  return (event) => {
    if (event.type === "token_requested") begin(event);
    else if (OUTCOMES.has(event.type)) end(event.request, OUTCOMES.get(event.type), event);
  };
}

/** The metrics have no `gatepass.key`: a client with many audiences or organizations would make as many series. */
function metricsOf({ meter, meterProvider }) {
  let source;
  let instruments;

  // Unlike a tracer, a meter that was got before the SDK is registered counts nothing for ever.
  function follow() {
    const current = meter ?? meterProvider ?? metrics.getMeterProvider();
    if (current === source) return;
    instruments = instrumentsOf(meter ?? current.getMeter(SCOPE));
    source = current;
  }

  return (event) => {
    follow();
    switch (event.type) {
      case "token_served":
        return instruments.served.add(1, SERVED_FROM.get(event.source));
      case "token_received":
      case "token_failed":
      case "renewal_failed": {
        const attributes = { "gatepass.outcome": OUTCOMES.get(event.type) };
        if (event.code !== undefined) attributes["error.type"] = event.code;
        instruments.requests.add(1, attributes);
        return instruments.duration.record(event.durationMs / 1000, attributes);
      }
      case "token_refused":
        return instruments.refused.add(1, { "error.type": event.code });
      case "store_failed":
        return instruments.storeFailures.add(1, { "gatepass.store.operation": event.operation, "gatepass.store.problem": event.problem });
      case "waiting":
        return instruments.waiting.add(1);
      case "taken_over":
        return instruments.takenOver.add(1);
      case "quota":
        return recordQuota(instruments.quota, event);
    }
  };
}

function instrumentsOf(meter) {
  const counter = (name, unit, description) => meter.createCounter(name, { unit, description });
  const advice = { explicitBucketBoundaries: SECONDS };
  return {
    served: counter("gatepass.token.served", "{token}", "Tokens handed out, by where they came from."),
    requests: counter("gatepass.token.requests", "{request}", "Token requests that ended, by how."),
    refused: counter("gatepass.token.refused", "{call}", "Calls that failed without a token request: a remembered failure, an open breaker, a spent quota."),
    storeFailures: counter("gatepass.store.failures", "{failure}", "Operations of the store that failed, and values that could not be used."),
    waiting: counter("gatepass.waiting", "{call}", "Calls that waited for the token request of another call."),
    takenOver: counter("gatepass.taken_over", "{request}", "Token requests that another call took over from one that showed no sign of life."),
    duration: meter.createHistogram("gatepass.token.request.duration", { unit: "s", description: "Duration of token requests.", advice }),
    // Since version 1.9 of the API.
    quota: meter.createGauge?.("gatepass.quota.remaining", { unit: "{request}", description: "Token requests that the server's quota has left, when it last said so." }),
  };
}

function recordQuota(gauge, { remaining, scope, bucket }) {
  if (gauge === undefined || remaining === undefined) return;
  const attributes = { "gatepass.quota.scope": scope };
  if (bucket !== undefined) attributes["gatepass.quota.bucket"] = bucket;
  gauge.record(remaining, attributes);
}

function check(options) {
  if (typeof options !== "object" || options === null) throw new TypeError("gatepass: options must be an object");
  for (const [name, value] of Object.entries(options)) {
    const method = OPTIONS.get(name);
    if (method === undefined) throw new TypeError(`gatepass: options.${name} is not a known option`);
    if (value !== undefined && typeof value?.[method] !== "function") throw new TypeError(`gatepass: options.${name} must have a method ${method}`);
  }
  for (const [one, other] of [["tracer", "tracerProvider"], ["meter", "meterProvider"]]) {
    if (options[one] !== undefined && options[other] !== undefined) throw new TypeError(`gatepass: options.${one} and options.${other} exclude each other`);
  }
}
