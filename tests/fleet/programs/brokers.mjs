// Token brokers of this fleet. `env.BROKER` has the options of the isolates' clients, as JSON.

import { TokenBroker } from "gatepass/stores/durable-object";
import { isolateId } from "./answer.mjs";

/** Without options: it only keeps what isolates bring. */
export class PlainBroker extends TokenBroker {
  #storage;

  constructor(state, env) {
    super(state, env);
    this.#storage = state.storage;
  }

  async fetch(request) {
    if (new URL(request.url).pathname !== "/inspect") return super.fetch(request);
    return Response.json({ entries: [...(await this.#storage.list())], isolate: isolateId() });
  }
}

export class OwningBroker extends PlainBroker {
  clientOptions(env) {
    return JSON.parse(env.BROKER);
  }
}

/** Gets tokens that the isolates cannot find. */
export class StrangeBroker extends PlainBroker {
  clientOptions(env) {
    return { ...JSON.parse(env.BROKER), clientSecret: "of-somebody-else" };
  }
}

/** Seals tokens so that the isolates cannot open them. */
export class ClosedBroker extends PlainBroker {
  clientOptions(env) {
    return { ...JSON.parse(env.BROKER), storeSecret: "of-somebody-else" };
  }
}

export class MistakenBroker extends PlainBroker {
  clientOptions() {
    return { tokenEndpoint: 7 };
  }
}

export class ThrowingBroker extends PlainBroker {
  clientOptions() {
    throw new Error("no options today");
  }
}
