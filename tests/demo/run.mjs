// The demo, run for real: what it shows when all is well, and what it says when something is not.
//
//   node tests/demo/run.mjs [--verbose]
//
// The package comes from pkg/, or from where GATEPASS_TARBALL says.

import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { equal, fail, includes, ok, same, thrownBy } from "../runtimes/assert.mjs";
import { closedPort, endAll } from "../runtimes/launch.mjs";
import { startSuite } from "../package/counted.mjs";
import { startLogin3 } from "../servers/login3.mjs";
import { mustNotBeInFiles, mustNotShow, tokensIssuedDuring } from "./leaks.mjs";
import { membersOf, signalGroup } from "./process-group.mjs";
import { runDemo, startDemo } from "./start-demo.mjs";

const RUNTIMES = ["Node.js", "Deno", "Bun", "workerd"];
const STEPS = ["token request", "token", "header", "claims", "verified", "API call", "API refuses", "once more"];
const demoProject = join(dirname(dirname(fileURLToPath(import.meta.url))), ".work", "demo");
// With characters that a form spells differently.
const SECRET = "Tr0ub4dor&3 +/=%-correct-horse-battery-staple";

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
    mustNotShow(demo.output, "demo-secret-of-the-embedded-server", "the secret", "the output");
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
      saysOnly(demo, /^✗ wrong client id or client secret: .*invalid_client/);
      mustNotShow(demo.output, wrong, "the wrong secret", "the output");
    });
  }

  await test("a client id that the tenant does not know is one clear line", async () => {
    saysOnly(await runDemo({ ...tenant, GATEPASS_CLIENT_ID: "nobody" }), /^✗ wrong client id or client secret: /);
  });

  const names = Object.keys(tenant);
  const incomplete = [
    ...names.filter((name) => name !== "GATEPASS_CLIENT_SECRET").map((name) => [name]),
    ...names.map((missing) => names.filter((name) => name !== missing)),
    ["GATEPASS_CLIENT_SECRET", "GATEPASS_CLIENT_ID"],
  ];
  for (const set of incomplete) {
    await test(`with only ${set.join(", ")} set, one sentence names the rest`, async () => {
      const demo = await runDemo(Object.fromEntries(set.map((name) => [name, tenant[name]])));
      saysOnly(demo, /^✗ to use your own tenant, set .* too; .*\.$/);
      same(demo.errors[0].match(/GATEPASS_\w+/g).sort(), names.filter((name) => !set.includes(name)).sort(), "variables that it names");
      ok(!/^ {2}package/m.test(demo.stdout), "it went on regardless");
      mustNotShow(demo.output, SECRET, "the secret", "the output");
    });
  }

  await test("a token endpoint that is down is one clear line for each runtime", async () => {
    const demo = await runDemo({ ...tenant, GATEPASS_DOMAIN: `127.0.0.1:${await closedPort()}` });
    allFailed(demo, /^✗ \S+ \S+: the token endpoint could not be reached \[network_error\]$/);
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
  const alone = (demo, signal) => process.kill(demo.group, signal);
  const everybody = (demo, signal) => signalGroup(demo.group, signal);
  const moments = [
    { moment: "while the package is being installed", shown: "\n  server ", signal: "SIGINT", send: alone, status: 130 },
    { moment: "while the API is running", shown: "\n  API ", signal: "SIGINT", send: alone, status: 130 },
    { moment: "between two runtimes", shown: "\nDeno ", signal: "SIGINT", send: alone, status: 130 },
    { moment: "as a terminal sends it, to all", shown: "\n  API ", signal: "SIGINT", send: everybody, status: 130 },
    { moment: "while the API is running", shown: "\n  API ", signal: "SIGTERM", send: alone, status: 143 },
  ];
  for (const { moment, shown, signal, send, status } of moments) {
    await test(`${signal} ${moment} ends everything`, async () => {
      const demo = startDemo();
      await demo.until(shown);
      await hasChildren(demo);
      send(demo, signal);
      const ended = await demo.ended();
      ok(ended.status === status || ended.signal === signal, `it ended with ${ended.status ?? ended.signal}`);
      equal(ended.stderr, "", "standard error");
      ok(!ended.stdout.includes("✓") && !ended.stdout.includes("✗"), "it went on to its table");
    });
  }
}

function allPassed({ status, stderr, stdout }) {
  equal(stderr, "", "standard error");
  equal(status, 0, "exit status");
  same(results(stdout), RUNTIMES.map((runtime) => [runtime, "✓ passed"]), "the table");
}

function allFailed({ status, stdout, stderr, errors }, line) {
  ok(status > 0, `exit status ${status}`);
  same(results(stdout), RUNTIMES.map((runtime) => [runtime, "✗ failed"]), "the table");
  same(errors.filter((error) => !line.test(error)), [], "other lines of standard error");
  same(errors.map((error) => error.split(" ")[1]), RUNTIMES, "the runtimes that say so");
  noStack(stdout + stderr);
}

/** The demo failed, and this is all it said about it. */
function saysOnly({ status, errors, output, stdout }, line) {
  ok(status > 0, `exit status ${status}`);
  equal(errors.length, 1, `lines of standard error (${JSON.stringify(errors)})`);
  if (!line.test(errors[0])) fail(`standard error: expected ${line}, got ${errors[0]}`);
  ok(!stdout.includes("✓ passed"), "a runtime is shown as passed");
  noStack(output);
}

function noStack(output) {
  ok(!/^\s+at /m.test(output) && !output.includes("node:internal"), `there is a stack trace: ${output}`);
}

/** The rows of the final table: runtime and result. */
function results(stdout) {
  return [...stdout.matchAll(/^ {2}(\S+) \S+ {2,}.* {3}([✓✗] \w+)$/gm)].map(([, runtime, result]) => [runtime, result]);
}

/** Without other processes, that none is left would prove nothing. */
async function hasChildren({ group }) {
  for (let tries = 0; tries < 500; tries += 1) {
    if (membersOf(group).length > 1) return;
    await new Promise((resolve) => setTimeout(resolve, 4));
  }
  fail("the demo has started no other process");
}
