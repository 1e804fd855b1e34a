// What the package weighs, in bytes: its parts, and the two entries as a bundler ships them.

import { readFileSync } from "node:fs";
import path from "node:path";
import { brotliCompressSync, gzipSync } from "node:zlib";

const weigh = (...parts) => ({
  raw: parts.reduce((sum, part) => sum + part.length, 0),
  gzip: parts.reduce((sum, part) => sum + gzipSync(part, { level: 9 }).length, 0),
  brotli: parts.reduce((sum, part) => sum + brotliCompressSync(part).length, 0),
});

function minified(esbuild, entry) {
  const options = { entryPoints: [entry], bundle: true, minify: true, format: "esm", write: false, external: ["*.wasm"], logLevel: "error" };
  return Buffer.from(esbuild.buildSync(options).outputFiles[0].contents);
}

export function measure(esbuild, files, tarball) {
  const wasm = readFileSync(path.join(files, "gatepass_bg.wasm"));
  const packed = readFileSync(tarball).length;
  return {
    "workerd entry (minified code + wasm)": weigh(minified(esbuild, path.join(files, "workerd.js")), wasm),
    "default entry (minified, wasm inlined)": weigh(minified(esbuild, path.join(files, "index.js"))),
    wasm: weigh(wasm),
    "code (as shipped)": weigh(readFileSync(path.join(files, "gatepass.js"))),
    tarball: { raw: packed, gzip: packed, brotli: packed },
  };
}
