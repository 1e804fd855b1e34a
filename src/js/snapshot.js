// Options as they are now: read once, here, so that what was checked is what is used, and so that
// no getter or proxy of a caller's throws through the frames of wasm.

/** A copy of an option object, the arrays and plain objects in it copied too. */
export function snapshot(options, path) {
  if (typeof options !== "object" || options === null || Array.isArray(options)) {
    throw new TypeError(`gatepass: ${path} must be an object`);
  }
  const keys = read(() => Object.keys(options), path);
  // Without a prototype, so that a key called __proto__ is a key like any other.
  const copy = Object.create(null);
  for (const key of keys) copy[key] = copied(read(() => options[key], `${path}.${key}`), `${path}.${key}`);
  return copy;
}

function copied(value, path) {
  if (Array.isArray(value)) return read(() => Array.from(value), path);
  return read(() => isPlainObject(value), path) ? snapshot(value, path) : value;
}

function read(reader, path) {
  try {
    return reader();
  } catch (cause) {
    throw new TypeError(`gatepass: ${path} could not be read`, { cause });
  }
}

function isPlainObject(value) {
  if (typeof value !== "object" || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
