// Functions of the caller's that give its credential: they may throw, hang, or give anything.

const numbers = new WeakMap();
let last = 0;

export function sourceNumber(source) {
  if (!numbers.has(source)) numbers.set(source, (last += 1));
  return numbers.get(source);
}

export async function askedOf(options, name, timeoutMillis) {
  const given = await within(timeoutMillis, async () => (0, options[name])());
  if (typeof given !== "string" || given === "") throw new TypeError(`gatepass: options.${name}() must give a non-empty string`);
  return given;
}

/** A time for work of the caller's that may never end. What comes after it is not heard any more. */
export async function within(millis, work) {
  let timer;
  // From here on with the whole stack, whatever the caller has left of his.
  await undefined;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new DOMException(`no answer within ${millis} ms`, "TimeoutError")), millis);
  });
  try {
    return await Promise.race([work(), late]);
  } finally {
    clearTimeout(timer);
  }
}
