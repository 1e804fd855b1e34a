// A function of the caller's that gives its client secret: it may throw, hang, or give anything.

const numbers = new WeakMap();
let last = 0;

export function sourceNumber(source) {
  if (!numbers.has(source)) numbers.set(source, (last += 1));
  return numbers.get(source);
}

export async function secretFrom(source, timeoutMillis) {
  const secret = await within(timeoutMillis, async () => source());
  if (typeof secret !== "string" || secret === "") throw new TypeError("gatepass: options.clientSecret() must give a non-empty string");
  return secret;
}

/** A time for work of the caller's that may never end. What comes after it is not heard any more. */
export async function within(millis, work) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new DOMException(`no answer within ${millis} ms`, "TimeoutError")), millis);
  });
  try {
    return await Promise.race([work(), late]);
  } finally {
    clearTimeout(timer);
  }
}
