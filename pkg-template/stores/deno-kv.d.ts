import type { ReplayStore, Store } from "../index.js";

type Key = readonly string[];

/** What is used of a Deno KV database; a `Deno.Kv` fits. */
export interface DenoKv {
  get(key: Key): Promise<{ key: any; value: unknown; versionstamp: string | null }>;
  set(key: Key, value: unknown, options: { expireIn: number }): Promise<unknown>;
  delete(key: Key): Promise<void>;
  atomic(): DenoKvAtomic;
}

/** What is used of a Deno KV transaction. */
export interface DenoKvAtomic {
  check(check: { key: any; versionstamp: string | null }): DenoKvAtomic;
  set(key: any, value: unknown, options: { expireIn: number }): DenoKvAtomic;
  commit(): Promise<{ ok: boolean }>;
}

/** Options of {@link denoKv}. */
export interface DenoKvOptions {
  /** The first part of every key. Default: `gatepass:`. */
  prefix?: string | undefined;
}

/**
 * Keeps tokens in Deno KV, with locks: of all processes and places that share the database, one asks the authorization
 * server.
 *
 * @param kv - A database, or a function that opens one: it is called at the first use, and again only if it failed.
 * @throws TypeError when the database or an option is not one.
 *
 * @example
 * ```js
 * const client = Client.fromEnv(Deno.env.toObject(), { store: denoKv(() => Deno.openKv()) });
 * ```
 */
export declare function denoKv(kv: DenoKv | (() => DenoKv | Promise<DenoKv>), options?: DenoKvOptions): Store & ReplayStore;
