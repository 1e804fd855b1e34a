import type { Client, ClientOptions, Store } from "../index.js";

type MaybePromise<T> = T | Promise<T>;

/** What is used of a namespace of Durable Objects; a `DurableObjectNamespace` fits. */
export interface BrokerNamespace {
  idFromName(name: string): any;
  get(id: any): { fetch(url: string, init: { method: string; body: string }): Promise<BrokerResponse> };
}

/** What is used of a response of a Durable Object. */
export interface BrokerResponse {
  readonly status: number;
  json(): Promise<any>;
}

/** What is used of the state of a Durable Object; a `DurableObjectState` fits. */
export interface BrokerState {
  readonly storage: {
    get(key: string): Promise<any>;
    put(key: string, value: any): Promise<void>;
    deleteAll(): Promise<void>;
    getAlarm(): Promise<number | null>;
    setAlarm(time: number): Promise<void>;
    deleteAlarm(): Promise<void>;
  };
}

/** Options of {@link durableObject}. */
export interface DurableObjectOptions {
  /** What goes in front of the name of every object. Default: `gatepass:`. */
  prefix?: string | undefined;
}

/**
 * Keeps tokens in Durable Objects, one for each record, with locks: of all isolates everywhere, one asks the
 * authorization server, or the object does that itself (see {@link TokenBroker}).
 *
 * @param namespace - The binding to the class, such as `env.TOKENS`. For a place that the data must stay in:
 *   `env.TOKENS.jurisdiction("eu")`.
 * @throws TypeError when the namespace or an option is not one.
 *
 * @example
 * ```js
 * export { TokenBroker } from "gatepass/stores/durable-object";
 *
 * const client = Client.fromEnv(env, { store: durableObject(env.TOKENS) });
 * ```
 */
export declare function durableObject(namespace: BrokerNamespace, options?: DurableObjectOptions): Store;

/**
 * The Durable Object behind {@link durableObject}. Export it from the Worker and bind it. As it is, it keeps records and
 * locks, and deletes what has ended.
 *
 * With `clientOptions`, the object gets the tokens itself: a missing one when it is asked for, a used one again before it
 * ends. Isolates then only read. They ask the authorization server themselves only after the object has failed.
 *
 * The object's storage and its alarm are the broker's own: a subclass keeps nothing there.
 *
 * @example
 * ```js
 * export class Tokens extends TokenBroker {
 *   clientOptions(env) {
 *     return { domain: env.DOMAIN, clientId: env.CLIENT_ID, clientSecret: env.CLIENT_SECRET, audience: env.AUDIENCE };
 *   }
 * }
 * ```
 */
export declare class TokenBroker<Env = unknown> {
  constructor(state: BrokerState, env: Env);

  /**
   * The options of the client that gets the tokens: those of the clients whose `store` this is, without `store`. With
   * others, the records would be others than the isolates look for; that counts as a failure.
   */
  clientOptions?(env: Env): MaybePromise<ClientOptions>;

  /** Makes the client that gets a token, from `clientOptions` and what the broker adds to them. */
  protected createClient(options: ClientOptions): Client;

  /** Answers an isolate. */
  fetch(request: any): Promise<any>;

  /** Renews or deletes the record. */
  alarm(): Promise<void>;
}
