// Days that pass in a moment, and moments that do not pass.

const real = Date.now.bind(Date);
let now = real;
let offset = 0;

/** Runs `action` while every clock shows this much later, in seconds. Timers go on as before. */
export async function later(seconds, action) {
  offset += seconds * 1000;
  show();
  try {
    return await action();
  } finally {
    offset -= seconds * 1000;
    show();
  }
}

/** Runs `action` while every clock stands still, but for what `later` adds. Timers go on as before. */
export async function still(action) {
  const at = real();
  now = () => at;
  show();
  try {
    return await action();
  } finally {
    now = real;
    show();
  }
}

function show() {
  Date.now = now === real && offset === 0 ? real : () => now() + offset;
}
