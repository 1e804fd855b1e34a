// The numbers as text: docs/measured.md, and the short form in the README.

const kilobytes = (bytes) => `${(bytes / 1000).toFixed(1)} kB`;
const bytes = (count) => String(count).replaceAll(/\B(?=(\d{3})+$)/g, " ");
const milliseconds = (value) => (value < 9.95 ? value.toFixed(1) : String(Math.round(value)));
const middle = ({ median, quarter, threeQuarters }) => `${milliseconds(median)} (${milliseconds(quarter)} to ${milliseconds(threeQuarters)})`;
const nanoseconds = ({ fastest, median }) => `${median.toFixed(0)} (${fastest.toFixed(0)})`;
const range = ({ fastest, slowest }) => `${milliseconds(fastest)} to ${milliseconds(slowest)}`;
const ratio = (one, other) => (one.median / other.median).toFixed(1);

/** What is compressed already has one size. */
const isPacked = ({ raw, gzip }) => raw === gzip;

function table(columns, rows) {
  const line = (cells) => `| ${cells.join(" | ")} |`;
  return [line(columns), line(columns.map((_, index) => (index === 0 ? "---" : "---:"))), ...rows.map(line)].join("\n");
}

/** @param {object} measured what run.mjs found out */
export function document({ version, date, machine, load, sizes, runs, startUp: { joseVersion, rows }, warmCalls, apiCalls, verification }) {
  return `# Measured

gatepass ${version} on ${date}, ${machine}, load average ${load} at the start. Written by \`make measure\`,
which anybody can run; every number here is from that run.

## Size

Bytes. The workerd entry is what a Worker uploads: the code, minified by esbuild, and the wasm. The default entry is the same
with the wasm inlined as base64. A test keeps the workerd entry at 140 000 bytes of gzip or less; the aim is 100 000. gzip is at
level 9, brotli at quality 11.

${table(["", "raw", "gzip", "brotli"], Object.entries(sizes).map(([name, size]) =>
    [name, bytes(size.raw), ...(isPacked(size) ? ["–", "–"] : [bytes(size.gzip), bytes(size.brotli)])]))}

## From import to first call

Milliseconds: the median of ${runs} fresh processes, and in parentheses the middle half of them. The clock starts before
\`import("gatepass")\` and stops when \`getToken()\` of a new \`Client\` has resolved, with a \`fetch\` that answers at once, without a
network. That the process itself starts is not counted. The yardstick, run in turn with it, is \`import("jose")\` (${joseVersion},
plain JavaScript) and one \`base64url.encode\`: next to no work, so nearly all of it is loading. The aim for gatepass on Node.js
is 8 ms.

${table(["", "gatepass: import alone", "gatepass: to first token", "jose: to first call", "ratio"], rows.map(({ runtime, gatepass, jose }) =>
    [runtime, middle(gatepass.imported), middle(gatepass.done), middle(jose.done), ratio(gatepass.done, jose.done)]))}

The fastest and the slowest of the ${runs}; and the median in a process that has not used \`fetch\`, \`Response\` or the like
before. The host's own code for these is then loaded while the clock runs, which the first table leaves out because any
client has to pay for it.

${table(["", "gatepass: to first token", "jose: to first call", "gatepass: to first token, first fetch of the process"], rows.map(({ runtime, gatepass, jose, firstFetch }) =>
    [runtime, range(gatepass.done), range(jose.done), middle(firstFetch.done)]))}

workerd is missing because its clock stands still while modules are loaded.

${warmCallsSection(warmCalls)}
## A call to an API

How much longer a GET takes than by the host's own \`fetch\` with a fixed header: 1.05 is 5 % longer. On a connection that is
kept, to a server on this machine, with the token in memory; the body is read. In turn, in rounds of ${apiCalls.calls} calls of each way:
the median over ${apiCalls.rounds} rounds, and in parentheses the middle half of them. The aim for gatepass is at most 1.05.
\`callApi\` sends a \`content-type\` as well. Beside it, \`OAuth2Fetch\` of @badgateway/oauth2-client ${apiCalls.versions["@badgateway/oauth2-client"]} and
\`fetchProtectedResource\` of openid-client ${apiCalls.versions["openid-client"]}, both with a token at hand.

${table(["", "fetch, microseconds", ...apiCalls.rows[0].ways.slice(1).map(({ way }) => way)], apiCalls.rows.map(({ runtime, ways: [fetch, ...others] }) =>
    [runtime, middle(fetch.time), ...others.map(({ ratio: { median, quarter, threeQuarters } }) => `${median.toFixed(2)} (${quarter.toFixed(2)} to ${threeQuarters.toFixed(2)})`)]))}

## Verifying a token

Microseconds for one access token, in rounds of 300 tokens in one process, each way in turn: the median of the rounds. All check
issuer, audience, algorithm and times of the same tokens. "alone" is the host's check of the signature and nothing else:
\`crypto.subtle.verify\`, or \`verify\` of node:crypto, which answers at once. gatepass takes node:crypto where there is one. "again"
is one token that was verified before. The last columns are gatepass over the host's WebCrypto, and over jose; and, for a token
that comes again, how many times as long fast-jwt's cache and jose take.

${table(["", "", ...WAYS, "gatepass / WebCrypto", "gatepass / jose", "fast-jwt / gatepass, again", "jose / gatepass, again"], verification.map(({ runtime, algorithm, ways }) =>
    [runtime, algorithm, ...WAYS.map((way) => microseconds(ways[way])), times(ways.gatepass, ways["WebCrypto alone"]), times(ways.gatepass, ways.jose),
      times(ways["fast-jwt, again"], ways["gatepass, again"]), times(ways.jose, ways["gatepass, again"])]))}
`;
}

/** @param {object[]} warmCalls */
export function warmCallsSection(warmCalls) {
  return `## A call that finds its token in memory

Nanoseconds for \`await client.getToken()\`, in rounds of 20 000 calls in one process: the median of 60 rounds, and in
parentheses the fastest. In turn with it: the same with a listener to events (\`onEvent\`); \`getToken()\` of
@badgateway/oauth2-client, which keeps one token without a leeway, and of which \`ratio\` is the median over the rounds;
\`Promise.resolve(token)\` behind a look at the clock; and an async function that does nothing. The aim on Node.js is at most
1000.

${table(["", "gatepass", "gatepass, with a listener", "@badgateway/oauth2-client", "ratio", "by hand", "an empty async function"], warmCalls.map((row) =>
    [row.runtime, ...[row.getToken, row.heard, row.badgateway].map(nanoseconds), row.ratio.median.toFixed(2), nanoseconds(row.byHand), nanoseconds(row.nothing)]))}
`;
}

const WAYS = ["WebCrypto alone", "node:crypto alone", "gatepass", "jose", "fast-jwt", "aws-jwt-verify", "gatepass, again", "fast-jwt, again"];
const microseconds = (value) => (value === undefined ? "–" : value.median.toFixed(value.median < 9.95 ? 2 : 0));
const times = (one, other) => (one === undefined || other === undefined ? "–" : (one.median / other.median).toFixed(1));

/** @param {object} measured */
export function digest({ date, machine, sizes, runs, startUp: { rows } }) {
  const entries = Object.entries(sizes).filter(([, size]) => !isPacked(size));
  return `By \`make measure\` on ${date}, ${machine}; the spread, and what exactly is measured, is in
[docs/measured.md](docs/measured.md).

${table(["size", "raw", "gzip", "brotli"], entries.map(([name, { raw, gzip, brotli }]) => [name, kilobytes(raw), kilobytes(gzip), kilobytes(brotli)]))}

${table([`start, median of ${runs}`, "import gatepass, get a first token (no network)", "import `jose`, make a trivial call"], rows.map((row) =>
    [row.runtime, `${milliseconds(row.gatepass.done.median)} ms`, `${milliseconds(row.jose.done.median)} ms`]))}`;
}
