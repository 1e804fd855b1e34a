// Reads what `npm pack` wrote, byte by byte as a registry would get it: POSIX.1-1988 ustar, gzipped.

import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";

const BLOCK = 512;
const REGULAR_FILE = "0";
const PREFIX = "package/";

/**
 * @param {string} tarball
 * @returns {Map<string, Buffer>} by path inside the package
 * @throws when there is anything but regular files below `package/`: a link, say, or a path that leads out of it
 */
export function readTarball(tarball) {
  const archive = gunzipSync(readFileSync(tarball));
  const files = new Map();
  let at = 0;
  // Two blocks of zeros end the archive.
  while (at + BLOCK <= archive.length && archive[at] !== 0) {
    const header = archive.subarray(at, at + BLOCK);
    const [prefix, name, type] = [text(header, 345, 155), text(header, 0, 100), text(header, 156, 1)];
    const path = prefix ? `${prefix}/${name}` : name;
    const size = Number.parseInt(text(header, 124, 12), 8);
    if (type !== REGULAR_FILE || !Number.isSafeInteger(size)) throw new Error(`the tarball holds more than plain files: ${path} of type ${type}`);
    if (!path.startsWith(PREFIX) || path.split("/").includes("..")) throw new Error(`the tarball holds a file outside of package/: ${path}`);
    if (files.has(path.slice(PREFIX.length))) throw new Error(`the tarball holds a file twice: ${path}`);
    at += BLOCK;
    files.set(path.slice(PREFIX.length), archive.subarray(at, at + size));
    at += Math.ceil(size / BLOCK) * BLOCK;
  }
  return files;
}

/** A field of a header; zero bytes fill it up. */
function text(header, start, length) {
  return header.toString("latin1", start, start + length).split("\0")[0];
}
