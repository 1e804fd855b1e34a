// Days that pass in a moment.

let offset = 0;
const real = Date.now.bind(Date);

/** Runs `action` while every clock shows this much later, in seconds. Timers go on as before. */
export async function later(seconds, action) {
  const before = offset;
  offset += seconds * 1000;
  Date.now = () => real() + offset;
  try {
    return await action();
  } finally {
    offset = before;
    if (offset === 0) Date.now = real;
  }
}
