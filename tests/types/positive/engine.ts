// What says when tokens are renewed, tried again, kept and told about.
import {
  Client,
  getToken,
  type ClientOptions,
  type Explanation,
  type GatepassErrorCode,
  type GatepassEvent,
  type RefreshOptions,
  type RetryOptions,
  type Store,
  type TokenCall,
  type TokenRequest,
  type TokenSource,
  type WaitUntil,
} from "gatepass";
import { same } from "../expect.js";

const map = new Map<string, string>();
const store: Store = { get: (key) => map.get(key), set: (key, value) => map.set(key, value) };
const full: Store = {
  timeout: 500,
  async get(key, { request }) {
    same<typeof request, TokenRequest>();
    return map.get(key) ?? null;
  },
  async set(key, value, { expiresAt, renewAt, request }) {
    same<typeof expiresAt, Date>();
    same<typeof renewAt, Date>();
    same<typeof request, TokenRequest>();
    map.set(key, value);
  },
  delete: (key) => map.delete(key),
  acquire: async (key, ttlMs) => key.length < ttlMs,
};

// A class is a store as well.
class Mine implements Store {
  readonly timeout = 100;
  get(key: string): Promise<string | undefined> {
    return Promise.resolve(map.get(key));
  }
  set(key: string, value: string, options: { expiresAt: Date }): void {
    map.set(key, value + options.expiresAt.toISOString());
  }
}

const refresh: RefreshOptions = { leeway: 60, jitter: 0 };
const retry: RetryOptions = { attempts: 1, maxDelay: 0, hold: 0, deadline: 5_000 };
const waitUntil: WaitUntil = (promise) => void promise;

const options: ClientOptions = {
  domain: "tenant.login3.example",
  clientId: "id",
  clientSecret: async () => "secret",
  store: full,
  storeSecret: ["new", "old"],
  refresh,
  retry,
  onEvent: (event) => console.log(event.type, event.at, event.key),
  waitUntil,
};
const client = new Client(options);
new Client({ ...options, clientSecret: () => "secret", store, storeSecret: "one", refresh: {}, retry: {} });
new Client({ ...options, store: new Mine(), onEvent: async () => {}, refresh: { leeway: undefined }, retry: { hold: undefined } });
new Client({ ...options, store: undefined, storeSecret: undefined, refresh: undefined, retry: undefined, onEvent: undefined, waitUntil: undefined });
Client.fromEnv({}, { store: new Map<string, string>(), storeSecret: ["a", "b"] as const });

// One call.
declare const ctx: { waitUntil(promise: Promise<unknown>): void; passThroughOnException(): void };
const call: TokenCall = { audience: "https://api.example", fresh: true, signal: AbortSignal.timeout(100), timeout: 50, waitUntil, ctx };
await client.getToken(call);
await client.getToken({ ctx });
await client.getToken({ signal: undefined, timeout: undefined, waitUntil: undefined, ctx: undefined });
await getToken(options, { signal: new AbortController().signal });
await client.callApi("https://api.example/orders", { ctx });
await client.callApi("https://api.example/orders", { method: "POST", json: {}, waitUntil: (promise) => ctx.waitUntil(promise) });

same<ReturnType<typeof client.invalidate>, Promise<void>>();
await client.invalidate();
await client.invalidate({ scope: "read:orders" });

const explained = client.explain({ audience: "https://api.example" });
same<typeof explained, Explanation>();
const renewAt: Date | undefined = explained.token?.renewAt;
const inARow: number = explained.failure?.inARow ?? 0;
same<NonNullable<typeof explained.failure>["code"], GatepassErrorCode>();
if (explained.decision === "renewal_held") console.log(explained.renewalPostponedUntil?.toISOString());

// Each type has its own members, and each can be named.
function line(event: GatepassEvent): string {
  switch (event.type) {
    case "token_requested":
      same<typeof event.renewal, boolean>();
      return `${event.request} ${event.attempt}`;
    case "token_received":
      return `${event.request} ${event.durationMs} ${event.expiresIn}`;
    case "token_failed":
    case "renewal_failed":
      same<typeof event.code, GatepassErrorCode>();
      same<typeof event.status, number | undefined>();
      return `${event.request} ${event.durationMs} ${event.retryAfter ?? "-"}`;
    case "token_served":
      same<typeof event.source, TokenSource>();
      return event.source;
    case "token_refused":
      return `${event.code} ${event.retryAfter ?? "-"}`;
    case "waiting":
    case "taken_over":
    case "keys_requested":
      return event.key;
    case "keys_received":
      return `${event.keys} ${event.unusable} ${event.durationMs}`;
    case "keys_failed":
      return `${event.code} ${event.status ?? "-"} ${event.durationMs}`;
    case "store_failed":
      same<typeof event.operation, "get" | "set" | "delete" | "acquire">();
      same<typeof event.problem, "threw" | "timeout" | "not_text" | "not_boolean" | "too_large" | "unreadable">();
      return event.error ?? event.problem;
    case "quota":
      same<typeof event.scope, "client" | "organization" | "endpoint">();
      return `${event.remaining} of ${event.limit}, anew in ${event.resetAfter} s`;
    case "renewal_postponed":
      return new Date(event.until).toISOString();
    case "token_type_missing":
      return `${event.request}`;
    case "token_unverified":
      return event.reason;
    default:
      // Compiles only while every type has a case above.
      return event satisfies never;
  }
}
same<Extract<GatepassEvent, { type: "token_served" }>["source"], "memory" | "store" | "network">();

export { inARow, line, renewAt };
