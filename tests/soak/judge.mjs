// What a soak must not show. Pure, so that a test can show that each of these is found.

/** A caller who waits longer hangs, in milliseconds. */
export const HANGS = 15_000;
/** How much longer than its phase a fault may be felt, in milliseconds: a call that began in it ends by its timeout. */
export const AFTERMATH = 3_000;
/** By part that fails, what its callers may get to know: the other parts have what they need in memory. */
const EXPLAINED = {
  api: [/^api (503|network_error|timeout)$/],
};
/** Pages of wasm memory, where the allocator finds better and worse places. */
const PAGES = 4;
/** Of the process: its share, and bytes, by which the collector of the host may be late. */
const RSS = { share: 1.35, bytes: 80_000_000 };
/**
 * workerd without a limit, as it runs here, keeps about 12 KB for each request, whatever that does: a worker that only fetches
 * grows as fast as one with gatepass. What gatepass keeps shows in wasm memory, and in the other processes.
 */
const GROWS_BY_ITSELF = ["workerd"];

/** Whether an error of a call is what a fault explains, that was there since the call began. */
export function isExplained({ step, code }, { began, ended }, faults) {
  return faults.some(({ part, from, until }) =>
    began < until + AFTERMATH && ended >= from && (EXPLAINED[part] ?? []).some((pattern) => pattern.test(`${step} ${code}`)));
}

/**
 * @param {object} found
 * @param {Record<string, { requests: number, longest: number, unexplained: Record<string, number>, complaints: string[], warm: State, end: State }>} found.members
 * @param {number} found.tokenRequests of all members
 * @param {{ least: number, most: number }} found.ideal how many there should be
 * @typedef {{ pages: number, rss: number }} State
 * @returns {string[]} the problems
 */
export function judge({ members, tokenRequests, ideal }) {
  const problems = [];
  for (const [name, { requests, longest, unexplained, complaints, warm, end }] of Object.entries(members)) {
    if (requests === 0) problems.push(`${name}: no request was answered`);
    if (longest > HANGS) problems.push(`${name}: a request took ${Math.round(longest)} ms`);
    for (const [what, count] of Object.entries(unexplained)) problems.push(`${name}: ${count} times, unexplained: ${what}`);
    for (const line of complaints) problems.push(`${name} printed: ${line}`);
    if (end.pages > warm.pages + PAGES) problems.push(`${name}: wasm memory grew from ${warm.pages} to ${end.pages} pages`);
    if (!GROWS_BY_ITSELF.includes(name) && end.rss > warm.rss * RSS.share + RSS.bytes) problems.push(`${name}: the process grew from ${megabytes(warm.rss)} to ${megabytes(end.rss)}`);
  }
  if (tokenRequests > ideal.most) problems.push(`${tokenRequests} token requests, at most ${ideal.most} are explained`);
  if (tokenRequests < ideal.least) problems.push(`${tokenRequests} token requests, which is too few for ${ideal.least} lifetimes: nothing was renewed`);
  return problems;
}

export const megabytes = (bytes) => `${(bytes / 1e6).toFixed(0)} MB`;
