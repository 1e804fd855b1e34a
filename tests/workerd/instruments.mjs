// In the worker under test only: a view of gatepass's wasm memory, and a clock that can be moved. To be imported before
// gatepass, which makes its instance when it is loaded.

const PAGE = 64 * 1024;
const { Instance } = WebAssembly;
let exports;

WebAssembly.Instance = class extends Instance {
  constructor(...args) {
    super(...args);
    ({ exports } = this);
  }
};

/** The memory in pages of 64 KiB, and how many JavaScript values wasm has room for references to. */
export function measure() {
  // By their kinds: the build shortens the names.
  const only = (kind) => Object.values(exports).find((value) => value instanceof kind);
  return { pages: only(WebAssembly.Memory).buffer.byteLength / PAGE, references: only(WebAssembly.Table).length };
}

const { now } = Date;
let ahead = 0;
Date.now = () => now() + ahead;

export function moveClock(milliseconds) {
  ahead += milliseconds;
}
