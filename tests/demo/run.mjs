// The demo, run for real: what it shows when all is well, and what it says when something is not.
//
//   node tests/demo/run.mjs [--verbose]
//
// The package comes from pkg/, or from where GATEPASS_TARBALL says.

import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { equal, fail, includes, ok, same, thrownBy } from "../runtimes/assert.mjs";
import { closedPort, endAll } from "../runtimes/launch.mjs";
import { until } from "../runtimes/waiting.mjs";
import { startSuite } from "../package/counted.mjs";
import { startLogin3 } from "../servers/login3.mjs";
import { mustNotBeInFiles, mustNotShow, tokensIssuedDuring } from "./leaks.mjs";
import { membersOf, signalGroup, signalGroupLeaderLast } from "./process-group.mjs";
import { runDemo, startDemo } from "./start-demo.mjs";
import { checkTry } from "./try.mjs";

const RUNTIMES = ["Node.js", "Deno", "Bun", "workerd"];
const STEPS = ["token request", "token, in all", "header", "claims", "verified", "API call", "API refuses", "once more"];
const demoProject = join(dirname(dirname(fileURLToPath(import.meta.url))), ".work", "demo");
const COLUMNS = 80;
const TITLE = "gatepass: get a token, verify it, call an API with it, on four runtimes";
// With characters that a form spells differently.
const SECRET = "Tr0ub4dor&3 +/=%-correct-horse-battery-staple";
const WRONG_CREDENTIALS =
  /^✗ invalid_client: check GATEPASS_CLIENT_ID and GATEPASS_CLIENT_SECRET \(the server says: client authentication failed\)$/;

const { test, end } = startSuite("demo");
const login3 = await startLogin3({ clientId: "somebody-else", clientSecret: SECRET, audiences: ["https://orders.example"] });
const tenant = {
  GATEPASS_DOMAIN: login3.domain,
  GATEPASS_CLIENT_ID: login3.clientId,
  GATEPASS_CLIENT_SECRET: SECRET,
  GATEPASS_AUDIENCE: login3.audiences[0],
};
try {
  await goodEnds();
  await checkTry(test);
  await badEnds();
  await interruptions();
} finally {
  await Promise.all([login3.close(), endAll()]);
  end();
}

async function goodEnds() {
  await test("with no variables set it uses the embedded server, and all four runtimes pass", async () => {
    const demo = await runDemo();
    allPassed(demo);
    for (const step of STEPS) {
      equal(demo.stdout.match(new RegExp(`^ +${step} {2,}\\S`, "gm"))?.length, RUNTIMES.length, `runtimes that show the step "${step}"`);
    }
    includes(demo.stdout, "token from memory", "the last step");
    ok(!/\x1b/.test(demo.output), "there are escape codes, though it is no terminal");
    timesLineUp(demo.stdout);
    includes(demo.stdout, `\n${TITLE}\n`, "the output");
    same(demo.stdout.match(/^ +changed token +401 .*$/gm)?.map((line) => line.trim().split(/ {2,}/)[1]), Array(4).fill("401 invalid_token (signature)"), "what the API refuses");
    mustNotShow(demo.output, "demo-secret-of-the-embedded-server", "the secret", "the output");
  });

  await test("in colours it is the same text, with no space at the end of a line", async () => {
    const demo = await runDemo({ TERM: "xterm" }, { terminal: true });
    ok(/\x1b\[1m/.test(demo.stdout), "there are no colours");
    const text = demo.stdout.replaceAll(/\x1b\[\d*m/g, "");
    allPassed({ ...demo, stdout: text });
    timesLineUp(text);
  });

  await test("what is too long for a line is broken into lines", async () => {
    const long = await startLogin3({
      clientId: `client-${"0123456789".repeat(20)}`,
      clientSecret: SECRET,
      audiences: [`https://orders.example/${"a-long-path/".repeat(12)}`],
    });
    try {
      const [audience] = long.audiences;
      const demo = await runDemo({ ...tenant, GATEPASS_DOMAIN: long.domain, GATEPASS_CLIENT_ID: long.clientId, GATEPASS_AUDIENCE: audience });
      allPassed(demo);
      for (const text of [long.clientId, audience]) includes(demo.stdout.replaceAll(/\s+/g, ""), text, "the output, its lines joined");
    } finally {
      await long.close();
    }
  });

  await test("with the four variables set it uses that tenant, and shows neither the secret nor a signature", async () => {
    const before = login3.requests;
    let demo;
    const issued = await tokensIssuedDuring(async () => {
      demo = await runDemo({ ...tenant, GATEPASS_SCOPE: "read:orders" });
    });
    allPassed(demo);
    equal(login3.requests - before, RUNTIMES.length, "token requests that reached the tenant");
    includes(demo.stdout, "https://orders.example", "the output");
    includes(demo.stdout, `\n  server          ${login3.domain} (your own tenant)\n`, "the output, where a time would be of no server's start");
    equal(demo.stdout.match(/ scope +read:orders$/gm)?.length, 2 * RUNTIMES.length, "requests and claims that show the scope");

    equal(issued.length, RUNTIMES.length, "tokens that the server says it issued");
    equal(new Set(issued).size, issued.length, "different ones among them");
    const hidden = [[SECRET, "the secret"], ...issued.map((token) => [token.split(".")[2], "a token's signature"])];
    for (const [text, what] of hidden) {
      mustNotShow(demo.output, text, what, "the output");
      mustNotBeInFiles(demoProject, text, what);
      await thrownBy(() => mustNotShow(`${demo.output}${text.slice(-12)}`, text, what, "the output")); // it would be found
    }
  });
}

async function badEnds() {
  const wrong = "not-the-secret-at-all";
  for (const [where, variables] of [["the embedded server", {}], ["a tenant", tenant]]) {
    await test(`a wrong secret at ${where} is one clear line`, async () => {
      const demo = await runDemo({ ...variables, GATEPASS_CLIENT_SECRET: wrong });
      saysOnly(demo, WRONG_CREDENTIALS);
      includes(demo.stdout, "\n  ✗ failed        invalid_client: client authentication failed\n", "standard output");
      mustNotShow(demo.output, wrong, "the wrong secret", "the output");
    });
  }

  await test("a client id that the tenant does not know is one clear line", async () => {
    saysOnly(await runDemo({ ...tenant, GATEPASS_CLIENT_ID: "nobody" }), WRONG_CREDENTIALS);
  });

  const names = Object.keys(tenant);
  const incomplete = [
    ...names.filter((name) => name !== "GATEPASS_CLIENT_SECRET").map((name) => [name]),
    ...names.map((missing) => names.filter((name) => name !== missing)),
    ["GATEPASS_CLIENT_ID", "GATEPASS_CLIENT_SECRET"],
    ["GATEPASS_SCOPE"],
    ["GATEPASS_ORGANIZATION"],
    ["GATEPASS_DOMAIN", "GATEPASS_SCOPE"],
  ];
  for (const set of incomplete) {
    await test(`with only ${set.join(", ")} set, one sentence names these and the rest`, async () => {
      const demo = await runDemo(Object.fromEntries(set.map((name) => [name, tenant[name] ?? "something"])));
      const missing = names.filter((name) => !set.includes(name));
      refusesToStart(demo, `to use your own tenant also set ${listed(missing)}; to use the embedded server unset ${listed(set)}`);
      mustNotShow(demo.output, SECRET, "the secret", "the output");
    });
  }

  for (const [set, complete] of [["GATEPASS_ISSUER", {}], ["GATEPASS_TOKEN_ENDPOINT", {}], ["GATEPASS_ISSUER", tenant]]) {
    await test(`${set} ${complete === tenant ? "beside a tenant's" : "alone"} is refused in one sentence`, async () => {
      const demo = await runDemo({ ...complete, [set]: login3.issuer });
      refusesToStart(demo, `the demo knows a server by GATEPASS_DOMAIN only: unset ${set}`);
    });
  }

  for (const domain of ["bad/host", "https://tenant/", "tenant:", "tenant:65536", "a b", "user@tenant", "tenant?", "[::1"]) {
    await test(`the domain ${domain} is refused before anything starts`, async () => {
      const demo = await runDemo({ ...tenant, GATEPASS_DOMAIN: domain });
      refusesToStart(demo, "GATEPASS_DOMAIN must be a host or host:port, without https:// and without a path");
    });
  }

  await test("what a runtime itself prints is shown without its colours", async () => {
    // A host to all but Deno, which refuses it on its command line, in colours unless told not to.
    const demo = await runDemo({ ...tenant, GATEPASS_DOMAIN: `127.0.0.1.:${await closedPort()}`, FORCE_COLOR: "1" });
    allFailed(demo, /^✗ \S+ \S+: ./);
    includes(demo.errors[1], "Deno", "the second line of standard error");
    includes(demo.errors[1], "invalid host", "the second line of standard error");
    ok(!/\[\d*m/.test(demo.output), `there are colour codes: ${demo.errors[1]}`);
  });

  await test("a token endpoint that is down is one clear line for each runtime", async () => {
    const demo = await runDemo({ ...tenant, GATEPASS_DOMAIN: `127.0.0.1:${await closedPort()}` });
    allFailed(demo, /^✗ \S+ \S+: the token endpoint .*could not be reached.* \[network_error\]$/);
    mustNotShow(demo.output, SECRET, "the secret", "the output");
  });

  await test("an audience that the server refuses is one clear line for each runtime", async () => {
    const demo = await runDemo({ ...tenant, GATEPASS_AUDIENCE: "https://unknown.example" });
    allFailed(demo, /^✗ \S+ \S+: .*access_denied.* \[request_refused\]$/);
  });

  await test("a package that is not there is one clear line", async () => {
    saysOnly(await runDemo({ GATEPASS_TARBALL: "nowhere.tgz" }), /^✗ GATEPASS_TARBALL names no file: /);
  });
}

async function interruptions() {
  for (const [head, moment] of [[3, "while the package is being installed"], [5, "when the API is running"], [12, "while a runtime runs"]]) {
    await test(`a reader that goes ${moment} ends everything, quietly`, async () => {
      const { stdout, stderr } = await runDemo({}, { head });
      equal(stdout.split("\n").length - 1, head, "lines that it could show");
      equal(stderr, "status 141\n", "standard error and the demo's exit status"); // as if by SIGPIPE
    });
  }

  const alone = (demo, signal) => process.kill(demo.group, signal);
  const everybody = (demo, signal) => signalGroup(demo.group, signal);
  const leaderLast = (demo, signal) => signalGroupLeaderLast(demo.group, signal, 20);
  const moments = [
    { moment: "while the package is being installed", shown: "\n  server ", signal: "SIGINT", send: alone, status: 130 },
    { moment: "while the API is running", shown: "\n  API ", signal: "SIGINT", send: alone, status: 130 },
    { moment: "between two runtimes", shown: "\nDeno ", signal: "SIGINT", send: alone, status: 130 },
    { moment: "as a terminal sends it, to all", shown: "\n  API ", signal: "SIGINT", send: everybody, status: 130 },
    ...[["npm", "\n  server "], ["deno", "\n  API "], ["node", "\nNode.js "], ["workerd", "\nworkerd "]]
      .map(([first, shown]) => ({ moment: `that ${first} hears first`, first, shown, signal: "SIGINT", send: leaderLast, status: 130 })),
    { moment: "while the API is running", shown: "\n  API ", signal: "SIGTERM", send: alone, status: 143 },
  ];
  for (const { moment, first, shown, signal, send, status } of moments) {
    await test(`${signal} ${moment} ends everything`, async () => {
      const demo = startDemo();
      await demo.until(shown);
      await hasChildren(demo, first);
      await send(demo, signal);
      const ended = await demo.ended();
      ok(ended.status === status || ended.signal === signal, `it ended with ${ended.status ?? ended.signal}`);
      equal(ended.stderr, "", "standard error");
      ok(!ended.stdout.includes("✓") && !ended.stdout.includes("✗"), "it went on to its table");
    });
  }
}

function allPassed({ status, stderr, stdout }) {
  fits(stdout);
  equal(stderr, "", "standard error");
  equal(status, 0, "exit status");
  same(results(stdout), RUNTIMES.map((runtime) => [runtime, "✓ passed"]), "the table");
}

function allFailed({ status, stdout, stderr, errors }, line) {
  fits(stdout);
  ok(status > 0, `exit status ${status}`);
  same(results(stdout), RUNTIMES.map((runtime) => [runtime, "✗ failed"]), "the table");
  same(errors.filter((error) => !line.test(error)), [], "other lines of standard error");
  same(errors.map((error) => error.split(" ")[1]), RUNTIMES, "the runtimes that say so");
  // Who keeps standard output only can read it there, too, below the runtime's name.
  const inOneLine = (text) => text.replaceAll(/\s+/g, " ");
  for (const error of errors) {
    const [, name, reason] = /^✗ (\S+ \S+): (.*)$/.exec(error);
    const section = inOneLine(stdout.split(`\n\n${name}\n`)[1]?.split("\n\n")[0] ?? "");
    includes(section, ` ✗ failed ${inOneLine(reason)}`, `what standard output says below ${name}`);
  }
  noStack(stdout + stderr);
}

/** The demo failed, and this is all it said about it. */
function saysOnly({ status, errors, output, stdout }, line) {
  ok(status > 0, `exit status ${status}`);
  fits(stdout);
  equal(errors.length, 1, `lines of standard error (${JSON.stringify(errors)})`);
  if (!line.test(errors[0])) fail(`standard error: expected ${line}, got ${errors[0]}`);
  ok(!stdout.includes("✓ passed"), "a runtime is shown as passed");
  noStack(output);
}

/** The same, and it did nothing before it. */
function refusesToStart(demo, sentence) {
  saysOnly(demo, /^✗ /);
  equal(demo.errors[0], `✗ ${sentence}`, "standard error");
  equal(demo.stdout, `\n${TITLE}\n`, "standard output");
}

function listed(names) {
  return names.join(", ").replace(/, (?=\w+$)/, " and ");
}

/** Every line of it fits on a terminal, and no space is at its end. */
function fits(stdout) {
  for (const line of stdout.split("\n")) {
    ok([...line].length <= COLUMNS, `a line of ${[...line].length} columns: ${JSON.stringify(line)}`);
    ok(line === line.trimEnd(), `a line that ends in a space: ${JSON.stringify(line)}`);
  }
}

/** The times of all steps are in one column: server, package, API, and five of each runtime. */
function timesLineUp(stdout) {
  const steps = stdout.split("\n").filter((line) => / [\d.]+ m?s$/.test(line));
  equal(steps.length, 3 + 5 * RUNTIMES.length, "steps that show a time");
  same([...new Set(steps.map((line) => [...line].length))], [COLUMNS - 1], "columns in which the times end");
  for (const line of steps) ok(/^.{71} +[\d.]+ m?s$/u.test(line), `text in the column of the times: ${JSON.stringify(line)}`);
}

function noStack(output) {
  ok(!/^\s+at /m.test(output) && !output.includes("node:internal"), `there is a stack trace: ${output}`);
}

/** The rows of the final table: runtime and result. */
function results(stdout) {
  return [...stdout.matchAll(/^ {2}(\S+) \S+ {2,}.* {3}([✓✗] \w+)$/gm)].map(([, runtime, result]) => [runtime, result]);
}

/** Without other processes, or without this one, that none is left would prove nothing. */
function hasChildren({ group }, name = "") {
  const others = () => membersOf(group).filter((member) => !member.endsWith(` (${group})`));
  return until(() => others().some((member) => member.startsWith(name)), `the demo has started ${name || "another process"}`);
}
