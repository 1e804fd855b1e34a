// What isolates and token brokers say to each other: one JSON object with `operation`, `key` and what that operation takes.

const LOCK = ".lock";
const KEY = /^[A-Za-z0-9_.-]{1,64}$/;
const LONGEST_VALUE = 32 * 1024;
const LONGEST_MESSAGE = 64 * 1024;
const LONGEST_LOCK = 10 * 60_000;
const LAST_TIME = 8.64e15; // the last one that a Date can hold

/** The key of the record that a key belongs to: a record and its lock are kept by one object. */
export function recordOf(key) {
  return key.endsWith(LOCK) ? key.slice(0, -LOCK.length) : key;
}

const isRecord = (key) => typeof key === "string" && KEY.test(key) && key === recordOf(key);
const isLock = (key) => typeof key === "string" && KEY.test(key) && key !== recordOf(key);
const isTime = (value) => Number.isSafeInteger(value) && value >= 0 && value <= LAST_TIME;
const isRequest = (value) => value === undefined || (typeof value === "object" && value !== null && !Array.isArray(value));

const OPERATIONS = {
  get: { key: isRecord, request: isRequest },
  set: {
    key: isRecord,
    value: (value) => typeof value === "string" && value.length <= LONGEST_VALUE,
    expiresAt: isTime,
    renewAt: isTime,
    request: isRequest,
  },
  delete: { key: (key) => isRecord(key) || isLock(key) },
  acquire: { key: isLock, ttlMs: (value) => Number.isSafeInteger(value) && value > 0 && value <= LONGEST_LOCK },
};

/** The message, with what its operation takes and nothing else, or `{ error }`. */
export async function readMessage(request) {
  const text = await request.text();
  if (text.length > LONGEST_MESSAGE) return { error: "the message is too long" };
  let given;
  try {
    given = JSON.parse(text);
  } catch {
    // Left undefined: as wrong as any other value that is no object.
  }
  const operation = given?.operation;
  if (!Object.hasOwn(OPERATIONS, operation)) return { error: "there is no such operation" };
  const message = { operation };
  for (const [name, isRight] of Object.entries(OPERATIONS[operation])) {
    if (!isRight(given[name])) return { error: `${name} is not of the right form` };
    message[name] = given[name];
  }
  return message;
}
