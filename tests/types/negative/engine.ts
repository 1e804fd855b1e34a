// Mistakes with stores, events and the options of single calls that do not compile.
import { Client, type ClientOptions, type GatepassEvent, type Store } from "gatepass";

const common = { domain: "tenant.login3.example", clientId: "id", clientSecret: "secret" };
const store: Store = { get: () => null, set() {} };
declare const client: Client;
declare const event: GatepassEvent;
declare const ctx: { waitUntil(promise: Promise<unknown>): void };

// @ts-expect-error TS2353: an unknown time of renewal
new Client({ ...common, refresh: { before: 60 } });
// @ts-expect-error TS2322: a leeway is a number of seconds
new Client({ ...common, refresh: { leeway: "5m" } });
// @ts-expect-error TS2559: attempts alone are not the options of retrying
new Client({ ...common, retry: 3 });
// @ts-expect-error TS2353: an unknown option of retrying
new Client({ ...common, retry: { delay: 100 } });
// @ts-expect-error TS2322: the memory of failures is switched off with 0
new Client({ ...common, retry: { hold: false } });
// @ts-expect-error TS2322: a store is not its address
new Client({ ...common, store: "redis://127.0.0.1" });
// @ts-expect-error TS2322: the secrets of a store are strings
new Client({ ...common, store, storeSecret: [new Uint8Array(32)] });
// @ts-expect-error TS2322: a listener is a function
new Client({ ...common, onEvent: console });
// @ts-expect-error TS2322: a listener takes an event of gatepass
new Client({ ...common, onEvent: (event: string) => console.log(event) });
// @ts-expect-error TS2322: the context of a Worker is given to a call, or its waitUntil to the client
new Client({ ...common, waitUntil: ctx });
// @ts-expect-error TS2353: a signal belongs to a call
new Client({ ...common, signal: AbortSignal.timeout(1_000) });
// @ts-expect-error TS2353: and so does a context
const options: ClientOptions = { ...common, ctx };

// @ts-expect-error TS2741: a store can be written
const readOnly: Store = { get: () => null };
// @ts-expect-error TS2322: a value is text
const numbers: Store = { get: () => 1, set() {} };
// @ts-expect-error TS2322: a lock is taken or not; there is no third answer
const vague: Store = { ...store, acquire: () => "OK" };
// @ts-expect-error TS2322: a timeout is a number of milliseconds
const slow: Store = { ...store, timeout: "1s" };

// @ts-expect-error TS2322: a timeout in place of a signal
await client.getToken({ signal: 1_000 });
// @ts-expect-error TS2322: null is not an absent signal
await client.getToken({ signal: null });
// @ts-expect-error TS2322: fresh or not
await client.getToken({ fresh: "yes" });
// @ts-expect-error TS2353: a store belongs to the client
await client.getToken({ store });
// @ts-expect-error TS2741: a context has waitUntil
await client.getToken({ ctx: {} });
// @ts-expect-error TS2322: a context is not its waitUntil
await client.callApi("https://api.example/orders", { waitUntil: ctx });
// @ts-expect-error TS2353: a caller's patience does not belong to what is forgotten
await client.invalidate({ timeout: 100 });
// @ts-expect-error TS2353: an explanation is there at once
client.explain({ signal: AbortSignal.timeout(1_000) });
// @ts-expect-error TS2532: there may be no token
client.explain().token.expiresAt;
// @ts-expect-error TS2367: a misspelt decision
if (client.explain().decision === "renewing") throw new Error();

// @ts-expect-error TS2367: a misspelt type of event
if (event.type === "token_recieved") throw new Error();
// @ts-expect-error TS2339: not every event has a source
event.source;
// @ts-expect-error TS2540: an event cannot be changed
event.key = "other";
// @ts-expect-error TS18048: the server may have sent no answer
if (event.type === "token_failed" && event.status > 499) throw new Error();

export { numbers, options, readOnly, slow, vague };
