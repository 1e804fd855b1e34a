// The stores of a Deno program, with Deno's own types.
import type { ReplayStore, Store } from "gatepass";
import { cacheApi } from "gatepass/stores/cache-api";
import { denoKv } from "gatepass/stores/deno-kv";
import { same } from "../../expect.js";

const opened = denoKv(await Deno.openKv());
same<typeof opened, Store & ReplayStore>();
denoKv(() => Deno.openKv());
denoKv(() => Deno.openKv(":memory:"), { prefix: "app:" });

cacheApi({ cache: await caches.open("tokens") });
