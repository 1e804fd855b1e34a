// `gatepass call`: calls an API with a token. The body goes to the standard output, all else to the standard error.

import { readFileSync } from "node:fs";
import { EXIT, PROGRAM, UsageError } from "./exit.js";
import { CLIENT, SERVER, SOURCES } from "./flags.js";
import { clientOf, lacksAudience, NO_AUDIENCE, readStdin } from "./settings.js";
import * as terminal from "./terminal.js";

export const call = {
  usage: "URL",
  summary: "Call an API with a token: its body to the standard output, the status to the standard error.",
  details: ["A body is JSON unless a header says otherwise. Exit code 6 for a status of 400 or above."],
  operands: [1, 1],
  flags: {
    request: { type: "string", short: "X", value: "METHOD", help: "the method; without it GET, or POST when there is a body" },
    data: { type: "string", short: "d", value: "BODY", help: "the body; @FILE reads a file, @- the standard input", mayBeEmpty: true },
    header: { type: "string", short: "H", value: "LINE", multiple: true, help: 'a header: "Name: value"; may be given several times' },
    include: { type: "boolean", short: "i", help: "show the headers of the answer, too, on the standard error" },
    silent: { type: "boolean", short: "s", help: "no status on the standard error" },
    "no-retry": { type: "boolean", help: "send everything once, whatever happens" },
    ...SERVER,
    ...CLIENT,
    ...SOURCES,
  },
  examples: ["gatepass call https://api.example/orders", `gatepass call https://api.example/orders -d '{"order":1}'`, "gatepass call https://api.example/orders/1 -X DELETE -i"],

  async run(values, [url]) {
    if (!URL.canParse(url)) throw new UsageError("the argument is no URL", "write it in full: https://api.example/orders");
    if (values.data === "@-" && values["client-secret-stdin"]) throw new UsageError("the standard input cannot be both the body and the client secret");
    const { client, settings } = await clientOf(values);
    const body = await bodyOf(values.data);
    const method = values.request ?? (body === undefined ? "GET" : "POST");
    const init = { method, headers: headersOf(values.header ?? []), ...(body !== undefined && { body }), ...(values["no-retry"] && { retry: false }) };
    const began = performance.now();
    // So that what the API or a failure says of the token does not show it.
    await terminal.during("asking for a token", async () => terminal.hideToken((await client.getToken()).accessToken));
    const response = await terminal.during(`waiting for ${terminal.plain(method.toUpperCase())} ${terminal.address(url)}`, () => client.callApi(url, init));
    if (!values.silent) await terminal.error(statusOf(response, performance.now() - began));
    if (values.include) await terminal.error(headerLines(response));
    await pipe(response);
    if (response.status === 401 || response.status === 403) await explainRefusal(response, settings, values.dpop);
    return response.status >= 400 ? EXIT.api : EXIT.ok;
  },
};

async function bodyOf(data) {
  if (data === undefined || !data.startsWith("@")) return data;
  if (data === "@-") return readStdin();
  try {
    return readFileSync(data.slice(1));
  } catch {
    throw new UsageError(`${data.slice(1)} cannot be read`, "-d @FILE sends a file");
  }
}

function headersOf(lines) {
  const headers = new Headers();
  for (const line of lines) {
    const [, name, value] = /^([^:\s]+):\s*(.*)$/.exec(line) ?? [];
    try {
      headers.append(name ?? "", value);
    } catch {
      throw new UsageError('-H must be "Name: value"');
    }
  }
  if (headers.has("authorization")) throw new UsageError("the header Authorization is what gatepass sets", "use curl for one of your own");
  return headers;
}

function statusOf(response, took) {
  const { green, yellow, red, dim } = terminal.styles(process.stderr);
  const colour = response.status < 300 ? green : response.status < 400 ? yellow : red;
  const facts = [`${Math.round(took)} ms`, response.headers.get("content-type"), response.headers.get("location") && `→ ${response.headers.get("location")}`];
  return `${colour(terminal.plain(`${response.status} ${response.statusText}`.trim()))} ${dim(terminal.plain(facts.filter(Boolean).join(" · ")))}\n`;
}

function headerLines(response) {
  const { cyan } = terminal.styles(process.stderr);
  return [...response.headers].map(([name, value]) => `${cyan(name)}: ${terminal.plain(value)}\n`).join("");
}

async function pipe(response) {
  if (response.body === null) return;
  let last;
  for await (const chunk of response.body) {
    if (last === undefined && process.stdout.isTTY && chunk.includes(0)) {
      throw new UsageError("the body is binary, and a terminal cannot show it", `write it to a file: ${PROGRAM} call ... > FILE`);
    }
    await terminal.print(chunk);
    last = chunk.at(-1) ?? last;
  }
  if (process.stdout.isTTY && last !== undefined && last !== 10) await terminal.print("\n");
}

/** What the API says is wrong with the token (RFC 6750 section 3). */
async function explainRefusal(response, settings, isBound) {
  const { dim } = terminal.styles(process.stderr);
  const challenge = response.headers.get("www-authenticate");
  const said = challenge ? `the API says: ${terminal.plain(challenge)}` : "the API does not say why";
  const wantsProof = /^DPoP\b/i.test(challenge ?? "") && !/\bBearer\b/i.test(challenge);
  const todo = wantsProof && !isBound ? "the API wants tokens that are bound to a key: --dpop asks for one" : lacksAudience(settings) ? NO_AUDIENCE : `${PROGRAM} doctor compares the token with what was asked for`;
  await terminal.error(`  ${said}\n  ${dim("→")} ${todo}\n`);
}
