import type { Store } from "../index.js";

/** What is used of a Workers KV namespace; a `KVNamespace` fits. */
export interface WorkersKvNamespace {
  get(key: string): Promise<string | null>;
  put(key: string, value: string, options: { expirationTtl: number }): Promise<void>;
  delete(key: string): Promise<void>;
}

/** Options of {@link workersKv}. */
export interface WorkersKvOptions {
  /** What goes in front of every key. Default: `gatepass:`. */
  prefix?: string | undefined;
}

/**
 * Keeps tokens in Workers KV. A write may take a minute to be seen at other places of Cloudflare, and KV has no
 * locks: after an expiry, each place asks the authorization server for itself. A record stays at least 60 seconds, KV's
 * shortest; it is not used beyond its end.
 *
 * @param namespace - The binding, such as `env.TOKENS`.
 * @throws TypeError when the namespace or an option is not one.
 *
 * @example
 * ```js
 * const client = Client.fromEnv(env, { store: workersKv(env.TOKENS) });
 * ```
 */
export declare function workersKv(namespace: WorkersKvNamespace, options?: WorkersKvOptions): Store;
