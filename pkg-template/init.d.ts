/**
 * gatepass for hosts whose loader can use neither of the two ready entries: nothing is loaded until
 * {@link init} is called. Everything else is as in `gatepass`.
 *
 * @packageDocumentation
 */

import type { HostResponse } from "./index.js";

export * from "./index.js";

/** `URL`, wherever the compilation has it from. */
type HostURL = typeof globalThis extends { URL: abstract new (...args: any) => infer U } ? U : never;

/**
 * `WebAssembly.Module`, for compilations that know it (`@types/node` alone does not). It is declared without
 * members, so that alone it would let any value pass.
 */
type HostModule = typeof globalThis extends { WebAssembly: { Module: abstract new (...args: any) => infer M } }
  ? M & object
  : never;

/**
 * Where the WebAssembly code comes from: a compiled module, its bytes, an address that the host's `fetch` can read
 * (that of Node.js cannot read `file:` URLs), or a response. The file is the package's
 * `gatepass/gatepass_bg.wasm`.
 */
export type InitSource = HostModule | ArrayBuffer | ArrayBufferView | HostURL | string | HostResponse;

/**
 * Loads gatepass. Await it before anything else of this module is used. A second call does nothing,
 * whatever its argument.
 *
 * @param source - The WebAssembly code, or a promise of it. Workers must give a compiled module: workerd
 *   refuses to compile bytes.
 * @throws The host's own error when the code cannot be fetched or compiled; a TypeError when the answer has
 *   another status than 2xx.
 *
 * @example
 * ```js
 * import { readFile } from "node:fs/promises";
 * import { init, Client } from "gatepass/init";
 *
 * await init(readFile(new URL(import.meta.resolve("gatepass/gatepass_bg.wasm"))));
 * ```
 */
export declare function init(source: InitSource | Promise<InitSource>): Promise<void>;
