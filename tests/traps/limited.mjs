// The wasm of a package with a maximum of memory, as a host with little memory has one: its own `memory.grow` fails there.

import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";

const MEMORY_SECTION = 5;
const PAGE = 65_536;

/** Writes the two files of a tarball that hold the wasm, with memory for so many bytes; resolves to [written, place in the package]. */
export function limitedFiles(tarball, bytes, folder) {
  const wasm = limited(execFileSync("tar", ["-xzOf", tarball, "package/gatepass_bg.wasm"], { maxBuffer: 2 ** 26 }), Math.floor(bytes / PAGE));
  const files = [["gatepass_bg.wasm", wasm], ["gatepass_bg.base64.js", `export default "${wasm.toString("base64")}";\n`]];
  return files.map(([name, content]) => {
    writeFileSync(`${folder}/${name}`, content);
    return [`${folder}/${name}`, name];
  });
}

/** The module with its one memory limited to so many pages (WebAssembly core specification, section 5.5.8). */
export function limited(wasm, pages) {
  let at = 8;
  while (at < wasm.length) {
    const [size, body] = leb(wasm, at + 1);
    if (wasm[at] === MEMORY_SECTION) {
      if (wasm[body] !== 1 || wasm[body + 1] !== 0) throw new Error("the wasm has not one memory without a maximum");
      const [least] = leb(wasm, body + 2);
      if (least > pages) throw new Error(`the wasm begins with ${least} pages of memory`);
      const section = [1, 1, ...toLeb(least), ...toLeb(pages)];
      return Buffer.concat([wasm.subarray(0, at), Buffer.from([MEMORY_SECTION, ...toLeb(section.length), ...section]), wasm.subarray(body + size)]);
    }
    at = body + size;
  }
  throw new Error("the wasm has no memory");
}

/** An unsigned LEB128 number, and where it ends. */
function leb(bytes, at) {
  let value = 0;
  for (let shift = 0; ; shift += 7, at += 1) {
    value |= (bytes[at] & 0x7f) << shift;
    if (bytes[at] < 0x80) return [value, at + 1];
  }
}

function toLeb(value) {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...toLeb(value >>> 7)];
}
