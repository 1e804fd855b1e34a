// The Cache API as lib.dom has it.
import { cacheApi } from "gatepass/stores/cache-api";

cacheApi({ cache: await caches.open("tokens") });
