// Deno: as run-node.mjs, with `--allow-net=127.0.0.1` and no other permission; importing the package needs none.

import config from "./config.mjs";
import { runAll } from "./suite.mjs";

await runAll(config, (result) => console.log(JSON.stringify(result)));
