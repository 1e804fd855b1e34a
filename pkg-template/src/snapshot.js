// Options as they are now: read once, so that what was checked is what is used.

/** A copy of an option object, its arrays and plain objects copied too, its own getters run. */
export function snapshot(options, path) {
  if (typeof options !== "object" || options === null || Array.isArray(options)) {
    throw new TypeError(`gatepass: ${path} must be an object`);
  }
  // Without a prototype, so that a key called __proto__ is a key like any other.
  const copy = Object.create(null);
  for (const key of Object.keys(options)) {
    const value = read(options, key, path);
    copy[key] = isPlainObject(value) ? snapshot(value, `${path}.${key}`) : Array.isArray(value) ? [...value] : value;
  }
  return copy;
}

function read(options, key, path) {
  try {
    return options[key];
  } catch (cause) {
    throw new TypeError(`gatepass: ${path}.${key} could not be read`, { cause });
  }
}

function isPlainObject(value) {
  if (typeof value !== "object" || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
