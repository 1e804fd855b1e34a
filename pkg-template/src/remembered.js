// Tokens that were verified a moment ago. What is remembered of one holds for that very text, for the verifiers that
// accept the same tokens, within its times, and until keys are replaced or the core that has seen them is lost.

import { core, current } from "./core.js";

/** Of each verifier so many tokens, and so many characters of them, are remembered at least; at most twice as many. */
const TOKENS = 500;
const CHARACTERS = 500_000;
/** So many verifiers have a memory that others find. */
const VERIFIERS = 16;

/** By the texts of verifiers' options. */
const memories = new Map();

/** The memory of the verifiers with these options, with their handle in the core. */
export function openVerifier(options) {
  let memory = memories.get(options);
  if (memory === undefined) {
    memory = new Memory(core().openVerifier(options));
    // The first one in a Map is the one that was made first.
    if (memories.size === VERIFIERS) memories.delete(memories.keys().next().value);
    memories.set(options, memory);
  }
  return memory;
}

/** What is remembered of a token with this end, if it still holds. What is no text has none. */
export function recall(memory, token, end) {
  const found = end === undefined ? undefined : memory.get(token, end);
  if (found === undefined) return undefined;
  const now = Date.now();
  const { by, from, until, generation } = found;
  return from <= now && now < until && by === current && generation === by.keyGeneration() ? found : undefined;
}

/** `by` is the core that has verified it. */
export function remember(memory, token, end, verified, by) {
  verified.by = by;
  memory.set(token, end, verified);
  return verified;
}

/** Where the characters begin that tell a signed token from others: its signature's are looked up in less time than all. */
const SIGNATURE = -43;

/** Two halves: what is used moves to the young one, and when that is full, the old one is forgotten as a whole. */
export class Memory {
  #young = new Map();
  #old = new Map();
  #characters = 0;
  #start;

  /** `start` is where the part begins by which tokens are found: all of it where many may end alike. */
  constructor(handle, start = SIGNATURE) {
    this.handle = handle;
    this.#start = start;
  }

  /** What a token is found by; the host then computes the hash of it once. */
  endOf(token) {
    return token.slice(this.#start);
  }

  get(token, end) {
    const young = this.#young.get(end);
    if (young?.token === token) return young;
    const aged = this.#old.get(end);
    if (aged?.token !== token) return undefined;
    this.set(token, end, aged);
    return aged;
  }

  set(token, end, known) {
    if (this.#young.size === TOKENS || this.#characters > CHARACTERS) {
      this.#old = this.#young;
      this.#young = new Map();
      this.#characters = 0;
    }
    known.token = token;
    this.#young.set(end, known);
    this.#characters += token.length;
  }
}
