// Node.js: one JSON line per test on standard output. Nothing ends the process in the end: that it ends by itself shows
// that the library keeps no process alive.

import config from "./config.mjs";
import { runAll } from "./suite.mjs";

await runAll(config, (result) => console.log(JSON.stringify(result)));
