// Assertions for every runtime: no imports, because workerd without compatibility flags has none to offer.

export class AssertionError extends Error {
  name = "AssertionError";
}

export class Skipped extends Error {
  name = "Skipped";
}

/** Ends a test that this runtime cannot run. */
export function skip(reason) {
  throw new Skipped(reason);
}

export function fail(message) {
  throw new AssertionError(message);
}

export function ok(value, message) {
  if (!value) fail(message ?? `expected a truthy value, got ${show(value)}`);
}

export function equal(actual, expected, what = "value") {
  if (!Object.is(actual, expected)) fail(`${what}: expected ${show(expected)}, got ${show(actual)}`);
}

/** The same JSON, whatever the order of members. */
export function same(actual, expected, what = "value") {
  if (canonical(actual) !== canonical(expected)) fail(`${what}: expected ${show(expected)}, got ${show(actual)}`);
}

export function oneOf(actual, allowed, what = "value") {
  if (!allowed.includes(actual)) fail(`${what}: expected one of ${show(allowed)}, got ${show(actual)}`);
}

export function between(actual, low, high, what = "value") {
  if (!(actual >= low && actual <= high)) fail(`${what}: expected ${low} to ${high}, got ${show(actual)}`);
}

export function includes(text, part, what = "text") {
  if (typeof text !== "string" || !text.includes(part)) fail(`${what}: expected ${show(part)} in ${show(text)}`);
}

/** What a synchronous throw or a rejection of `action` gave; it is a failure when there is none. */
export async function thrownBy(action) {
  let value;
  try {
    value = await action();
  } catch (error) {
    return error;
  }
  return fail(`expected an error, got ${show(value)}`);
}

function canonical(value) {
  return JSON.stringify(value, (_, member) =>
    member !== null && typeof member === "object" && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)))
      : member);
}

function show(value) {
  let text;
  try {
    text = typeof value === "string" ? JSON.stringify(value) : value instanceof Error ? String(value) : JSON.stringify(value);
  } catch {
    // Cyclic, or with a getter that throws: its name has to do.
  }
  text ??= String(value);
  return text.length > 300 ? `${text.slice(0, 300)}…` : text;
}
