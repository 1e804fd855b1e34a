// Loaded before an example of the README: leads the hosts that the examples name to servers on this machine. The
// runner puts the addresses in. gatepass looks globalThis.fetch up at each call, as any other code does.

/** @type {Record<string, string>} from origin to origin */
const hosts = "HOSTS";
const realFetch = globalThis.fetch;

globalThis.fetch = (input, init) => {
  const url = new URL(input instanceof Request ? input.url : input);
  const origin = hosts[url.origin];
  if (origin === undefined) return realFetch(input, init);
  const there = origin + url.pathname + url.search;
  return realFetch(input instanceof Request ? new Request(there, input) : there, init);
};
