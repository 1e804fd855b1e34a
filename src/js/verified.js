// What is remembered of a token whose signature was good. Times in milliseconds, as Date.now() counts.

export function verified(payload, from, until, generation) {
  return { payload, from: from * 1000, until: until * 1000, generation };
}
