// gatepass/init with a wasm module that is valid, but not the one of gatepass: a TypeError, and nothing is changed by it.

import { readFileSync } from "node:fs";
import * as gatepass from "gatepass/init";
import { ok, thrownBy } from "./assert.mjs";
import { use } from "./use.mjs";

// The smallest module there is: the magic number and the version.
const foreign = new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]);
const refusal = await thrownBy(() => gatepass.init(foreign));
ok(refusal instanceof TypeError, `a TypeError, not ${refusal}`);

await gatepass.init(readFileSync(new URL(import.meta.resolve("gatepass/gatepass_bg.wasm"))));
await use(gatepass);
console.log("ok");
