// What a trap costs. Runs unchanged on every runtime; see run.mjs.

import "./traps/memory.mjs";
import "./traps/stack.mjs";

export { runAll, runTest, tests } from "./suite/define.mjs";
