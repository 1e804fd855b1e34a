// The token that a client was given from memory. Nearly every call is for it, and asking the core takes ten times as long.

import { AccessToken, changed, notify } from "#glue";
import { core } from "./core.js";

/** What there is before a token was given. */
const NOTHING = { token: undefined, from: 0, until: 0, change: 0, name: undefined };
/** What is told of a token that is held. */
const SERVED = ["source", "memory"];

export class HeldToken {
  #handle;
  #options;
  #held = NOTHING;

  constructor(handle, options) {
    this.#handle = handle;
    this.#options = options;
  }

  /** It, for as long as the core would give the same; else undefined. */
  get() {
    const now = Date.now();
    const { token, from, until, change, name } = this.#held;
    if (now >= until || now < from || change !== changed.count) return undefined;
    if (name !== undefined) notify(this.#options.onEvent, "token_served", name, SERVED);
    return token;
  }

  /** To be asked for anew: it was refused. */
  forget() {
    this.#held = NOTHING;
  }

  /** What the core gives: a token, which is held from now on, or a promise of one. */
  ask(keep) {
    const from = Date.now();
    const token = core().clientGetToken(this.#handle, this.#options, undefined, keep);
    if (token instanceof AccessToken) {
      const until = core().clientFreshUntil(this.#handle);
      // How events name it, where somebody listens.
      const name = this.#options.onEvent && core().clientExplain(this.#handle, this.#options, undefined).key;
      this.#held = { token, from, until, change: changed.count, name };
    }
    return token;
  }
}
