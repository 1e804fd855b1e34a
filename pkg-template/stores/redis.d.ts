import type { FetchFunction, ReplayStore, Store } from "../index.js";

/** What is used of a client of `redis` (node-redis 4 or later): of a server, a cluster or a pool. */
export interface NodeRedisClient {
  get(key: string): Promise<any>;
  set(key: string, value: string, options: { PX: number; NX?: true }): Promise<any>;
  del(key: string): Promise<any>;
  pExpire(key: string, ms: number): Promise<any>;
}

/** What is used of a client of `ioredis`: of a server or a cluster. */
export interface IoredisClient {
  get(key: string): Promise<string | null>;
  set(key: string, value: string, px: "PX", ms: number): Promise<any>;
  set(key: string, value: string, px: "PX", ms: number, nx: "NX"): Promise<any>;
  del(key: string): Promise<number>;
  pexpire(key: string, ms: number): Promise<number>;
  call(command: string, ...args: string[]): Promise<unknown>;
}

/** Options of {@link redis}. */
export interface RedisOptions {
  /** What goes in front of every key. Default: `gatepass:`. */
  prefix?: string | undefined;
}

/** Options of {@link upstash}. */
export interface UpstashOptions extends RedisOptions {
  /** The REST address of the database: an `https:` URL, or `http:` to a loopback host. */
  url: string;
  /** The REST token. Sent in the `Authorization` header and nowhere else; never part of an error or of a log line. */
  token: string;
  /** A replacement for the host's `fetch`. Default: `globalThis.fetch`, looked up at each call. */
  fetch?: FetchFunction | undefined;
}

/**
 * Keeps tokens in Redis, with locks: of all processes that share the database, one asks the authorization server.
 *
 * The client is yours: connect it, and listen to its `error` events. Let it fail fast while there is no connection
 * (`disableOfflineQueue` of node-redis, `enableOfflineQueue: false` of ioredis): gatepass goes on without the store.
 *
 * @param client - A connected client of `redis` (node-redis 4 or later) or of `ioredis`.
 * @throws TypeError when the client or an option is not one.
 *
 * @example
 * ```js
 * const client = Client.fromEnv(process.env, { store: redis(await createClient().connect()) });
 * ```
 */
export declare function redis(client: NodeRedisClient | IoredisClient, options?: RedisOptions): Store & ReplayStore;

/**
 * Keeps tokens in a Redis that is reached over HTTP, as Upstash offers it: for Workers and other places without
 * sockets. With locks.
 *
 * @throws TypeError when an option is missing or not one.
 *
 * @example
 * ```js
 * const store = upstash({ url: env.UPSTASH_REDIS_REST_URL, token: env.UPSTASH_REDIS_REST_TOKEN });
 * ```
 */
export declare function upstash(options: UpstashOptions): Store & ReplayStore;
