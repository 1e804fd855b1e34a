// How the stores read their arguments: a mistake is a TypeError that names its place, as in the rest of the package.

/** The options that were given, after a look at their names. */
export function read(options = {}, names) {
  if (typeof options !== "object" || options === null) throw mistake("options", "must be an object");
  for (const name of Object.keys(options)) {
    if (!names.includes(name)) throw mistake(`options.${name}`, "is not a known option");
  }
  return options;
}

/** What goes in front of every key, so that others who use the same storage have theirs. */
export function readPrefix({ prefix = "gatepass:" }) {
  if (typeof prefix !== "string") throw mistake("options.prefix", "must be a string");
  return prefix;
}

/** An object of the host that has these methods. */
export function requireMethods(value, path, methods) {
  if (!methods.every((method) => typeof value?.[method] === "function")) {
    throw mistake(path, `must have the methods ${methods.join(", ")}`);
  }
}

export function mistake(path, problem) {
  return new TypeError(`gatepass: ${path} ${problem}`);
}
