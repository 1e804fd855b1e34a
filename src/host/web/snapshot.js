// A caller's objects as they are now: read once, here, so that what was checked is what is used, and
// so that no getter or proxy throws through the frames of wasm.

/** Options that are used and not read: objects with methods and a state of their own. */
const USED = ["store", "ctx", "replayStore"];

/** The deepest that options are nested. */
const DEEPEST = 8;

/** A copy of an option object, the arrays and plain objects in it copied too. */
export function snapshot(options, path) {
  if (!read(() => isObject(options), path)) throw new TypeError(`gatepass: ${path} must be an object`);
  return copyOf(options, path, (value, inner, key) => (USED.includes(key) ? value : deepCopy(value, inner, 1)));
}

function deepCopy(value, path, depth) {
  if (depth > DEEPEST) throw new TypeError(`gatepass: ${path} is nested too deeply`);
  if (read(() => Array.isArray(value), path)) {
    return read(() => Array.from(value), path).map((item) => deepCopy(item, path, depth + 1));
  }
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength).slice();
  return read(() => isPlainObject(value), path) ? copyOf(value, path, (leaf, inner, key) => (USED.includes(key) ? leaf : deepCopy(leaf, inner, depth + 1))) : value;
}

/** A copy of an object, each value as `copied` gives it. */
export function copyOf(object, path, copied) {
  // Without a prototype, so that a key called __proto__ is a key like any other.
  const copy = Object.create(null);
  for (const key of read(() => Object.keys(object), path)) {
    const inner = `${path}.${key}`;
    copy[key] = copied(read(() => object[key], inner), inner, key);
  }
  return copy;
}

/** What a reader gives; what it throws is the cause of a TypeError that names the path. */
export function read(reader, path, problem = "could not be read") {
  try {
    return reader();
  } catch (cause) {
    throw new TypeError(`gatepass: ${path} ${problem}`, { cause });
  }
}

function isObject(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isPlainObject(value) {
  if (!isObject(value)) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
