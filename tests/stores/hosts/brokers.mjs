// Token brokers whose inside can be looked at, and which get their tokens from a token endpoint of the tests.

import { TokenBroker } from "gatepass/stores/durable-object";

export class InspectedBroker extends TokenBroker {
  #storage;

  constructor(state, env) {
    super(state, env);
    this.#storage = state.storage;
  }

  async fetch(request) {
    if (new URL(request.url).pathname !== "/inspect") return super.fetch(request);
    const entries = Object.fromEntries(await this.#storage.list());
    return Response.json({ ...entries.state, empty: Object.keys(entries).length === 0, alarm: await this.#storage.getAlarm() });
  }
}

export class OwningBroker extends InspectedBroker {
  clientOptions(env) {
    return { tokenEndpoint: env.TOKEN_ENDPOINT };
  }

  createClient(options) {
    return new PlainClient(options);
  }
}

/** One whose options are not those of the isolates. */
export class BrokenBroker extends OwningBroker {
  clientOptions(env) {
    return { tokenEndpoint: env.TOKEN_ENDPOINT, otherKey: true };
  }
}

/** Stands in for `Client` where a test wants to say itself what the record is, and how long it is good for. */
class PlainClient {
  #options;

  constructor(options) {
    this.#options = options;
  }

  async getToken({ fresh, ...request }) {
    if (fresh !== true) throw new Error("a broker asks for a fresh token: any other may be the one it is to replace");
    const { tokenEndpoint, store, otherKey } = this.#options;
    const response = await fetch(tokenEndpoint, { method: "POST", body: JSON.stringify(request), signal: AbortSignal.timeout(10_000) });
    const answer = await response.json();
    if (!response.ok) throw Object.assign(new Error("refused"), answer);
    const now = Date.now();
    const times = { expiresAt: new Date(now + answer.endsIn), renewAt: new Date(now + answer.dueIn) };
    await store.set(otherKey ? "gp1.other" : request.parameters.key, answer.value, { ...times, request });
    return answer.value;
  }
}
