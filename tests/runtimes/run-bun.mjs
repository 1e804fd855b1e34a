// Bun: as run-node.mjs.

import config from "./config.mjs";
import { runAll } from "./suite.mjs";

await runAll(config, (result) => console.log(JSON.stringify(result)));
