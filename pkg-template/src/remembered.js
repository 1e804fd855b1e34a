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

/** What is remembered of a token, if it still holds. */
export function recall(memory, token) {
  const found = typeof token === "string" ? memory.get(token) : undefined;
  if (found === undefined) return undefined;
  const now = Date.now();
  const { by, from, until, generation } = found;
  return from <= now && now < until && by === current && generation === by.keyGeneration() ? found : undefined;
}

/** `by` is the core that has verified it. */
export function remember(memory, token, verified, by) {
  verified.by = by;
  memory.set(token, verified);
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

  get(token) {
    const end = token.slice(this.#start);
    const entry = this.#young.get(end);
    if (entry?.token === token) return entry.known;
    const aged = this.#old.get(end);
    if (aged?.token !== token) return undefined;
    this.set(token, aged.known);
    return aged.known;
  }

  set(token, known) {
    if (this.#young.size === TOKENS || this.#characters > CHARACTERS) {
      this.#old = this.#young;
      this.#young = new Map();
      this.#characters = 0;
    }
    this.#young.set(token.slice(this.#start), { token, known });
    this.#characters += token.length;
  }
}
