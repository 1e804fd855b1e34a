/**
 * Spans and metrics of gatepass for OpenTelemetry. It needs the package `@opentelemetry/api`, version 1.3 or later,
 * which is not installed along with gatepass.
 *
 * @packageDocumentation
 */

import type { Meter, MeterProvider, Tracer, TracerProvider } from "@opentelemetry/api";

/** The options of {@link openTelemetry}. An unknown key is a `TypeError`. */
export interface OpenTelemetryOptions {
  /** What starts the spans. Default: the tracer `gatepass` of `tracerProvider`. */
  tracer?: Tracer | undefined;
  /** Not together with `tracer`. Default: the globally registered one, also when it is registered later. */
  tracerProvider?: TracerProvider | undefined;
  /** What makes the instruments. Default: the meter `gatepass` of `meterProvider`. */
  meter?: Meter | undefined;
  /** Not together with `meter`. Default: the globally registered one, also when it is registered later. */
  meterProvider?: MeterProvider | undefined;
}

/**
 * A listener for the option `onEvent` of a client. It never throws, takes no notice of events it does not know, and
 * without a registered SDK does nothing. One may serve many clients.
 *
 * **Spans.** One for each token request, `request token`, of kind CLIENT and a child of the span that is active where
 * the token is needed:
 *
 * | attribute | |
 * |---|---|
 * | `gatepass.key` | 8 characters that name the cache entry |
 * | `gatepass.renewal` | whether a token that can still be used is being renewed |
 * | `gatepass.attempt` | which attempt it is |
 * | `gatepass.outcome` | `received`, `failed`, `renewal_failed`, or `cancelled` |
 * | `error.type` | if it failed, the `code` of the `GatepassError`; the span's status is then ERROR |
 * | `http.response.status_code` | if it failed, the status of the server's answer, if there was one |
 *
 * A request whose end is never known, because the runtime cancelled it, is `cancelled` with the status left unset.
 * Its span ends when there are more than 1000 open ones and it is the oldest.
 *
 * **Metrics.** None has an attribute that grows with the number of tokens.
 *
 * | name | | attributes |
 * |---|---|---|
 * | `gatepass.token.served` | counter | `gatepass.token.source`: `memory`, `store`, `network` |
 * | `gatepass.token.requests` | counter | `gatepass.outcome`, `error.type` |
 * | `gatepass.token.request.duration` | histogram, seconds | `gatepass.outcome`, `error.type` |
 * | `gatepass.token.refused` | counter: answered from a remembered failure | `error.type` |
 * | `gatepass.store.failures` | counter | `gatepass.store.operation`, `gatepass.store.problem` |
 * | `gatepass.waiting` | counter: calls that waited for another's request | |
 * | `gatepass.taken_over` | counter: requests taken over from another call | |
 * | `gatepass.quota.remaining` | gauge, the last value seen (API 1.9 or later) | `gatepass.quota.scope`, `gatepass.quota.bucket` |
 *
 * No attribute holds a token or a secret. Of what a server says, only the name of a quota's bucket gets into one.
 *
 * @throws TypeError when an option is unknown, of the wrong type, or excluded by another.
 *
 * @example
 * ```js
 * import { Client } from "gatepass";
 * import { openTelemetry } from "gatepass/opentelemetry";
 *
 * const client = new Client({ domain, clientId, clientSecret, onEvent: openTelemetry() });
 * ```
 *
 * @example Two listeners: call one after the other.
 * ```js
 * const telemetry = openTelemetry();
 * const client = new Client({
 *   domain, clientId, clientSecret,
 *   onEvent(event) {
 *     telemetry(event);
 *     if (event.type === "token_failed") console.warn("no token:", event.code);
 *   },
 * });
 * ```
 */
export declare function openTelemetry(options?: OpenTelemetryOptions): (event: { readonly type: string }) => void;
