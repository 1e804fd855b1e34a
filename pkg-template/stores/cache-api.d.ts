import type { Store } from "../index.js";

/** What is used of a cache; the `Cache` of Workers, of Deno and of the DOM fits. */
export interface HttpCache {
  match(url: string): Promise<CachedResponse | undefined>;
  // A method with `any`: what a response is, each host declares for itself.
  put(url: string, response: any): Promise<void>;
  delete(url: string): Promise<boolean>;
}

/** What is used of a response that a cache holds. */
export interface CachedResponse {
  readonly headers: { get(name: string): string | null };
  text(): Promise<string>;
}

/** Options of {@link cacheApi}. */
export interface CacheApiOptions {
  /** The cache to use. Excludes `name`. */
  cache?: HttpCache | undefined;
  /**
   * The name of a cache, for `caches.open`, which is called at each use. Default: `caches.default` where there is one
   * (Workers), else the name `gatepass`.
   */
  name?: string | undefined;
}

/**
 * Keeps tokens in the host's HTTP cache. On Workers it is that of one data centre, costs nothing and does nothing on
 * `workers.dev` domains; it can forget a record at any time, and has no locks.
 *
 * @throws TypeError when an option is not one.
 *
 * @example
 * ```js
 * const client = Client.fromEnv(env, { store: cacheApi() });
 * ```
 */
export declare function cacheApi(options?: CacheApiOptions): Store;
