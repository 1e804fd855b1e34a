/**
 * The WebAssembly itself, for {@link init} of `gatepass/init`: what an import of it gives is the host's matter. On Workers it
 * is a `WebAssembly.Module`.
 *
 * @packageDocumentation
 */
import type { InitSource, init } from "./init.js";

declare const wasm: InitSource;
export default wasm;
