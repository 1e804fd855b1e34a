// The command line, from the packed package in an empty folder, on each runtime, against real servers.
//
//   node tests/cli/run.mjs [--verbose]
//
// The tests of terminals need `python3` and are skipped without one.

import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { startSuite } from "../package/counted.mjs";
import { equal, ok, same, skip } from "../runtimes/assert.mjs";
import { closedPort, endAll } from "../runtimes/launch.mjs";
import { createProject, findTarball } from "../runtimes/project.mjs";
import { claimsOf } from "../runtimes/suite/jwt.mjs";
import { past, until } from "../runtimes/waiting.mjs";
import { checkCredentials } from "./credentials.mjs";
import { expect } from "./expect.mjs";
import { checkFailures } from "./failures.mjs";
import { checkProfiles } from "./profiles.mjs";
import { checkMistakes } from "./mistakes.mjs";
import { HOSTS, programsOf } from "./programs.mjs";
import { startServers, tokenOf } from "./servers.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const SECRET = "canary-secret/of+the=client";
const WRONG_SECRET = "canary-secret/that+is=wrong";
const COLOUR = "\x1b[3";

const { test, end } = startSuite("cli");
const servers = await startServers(SECRET);
try {
  const project = await createProject({ name: "cli", tarball: findTarball(), files: [] });
  const programs = programsOf(project);
  const { login3, brief } = servers;
  const tokens = { good: await tokenOf(login3, SECRET, { scope: "read:orders" }), expired: await tokenOf(brief, SECRET) };
  const env = { GATEPASS_DOMAIN: login3.domain, GATEPASS_CLIENT_ID: login3.clientId, GATEPASS_CLIENT_SECRET: SECRET, GATEPASS_AUDIENCE: "https://api.example" };
  const closed = await closedPort();
  const setting = { programs, project, env, tokens, closed };
  // Two at a time, as many as the smallest machine has cores.
  await Promise.all([HOSTS.slice(0, 2), HOSTS.slice(2)].map(async (hosts) => {
    for (const host of hosts) await checkHost(host, setting);
  }));
  await checkSettings(setting);
  await checkMistakes({ ...setting, test, expect, servers, gatepass: programs.on("bin") });
  await checkTerminal(setting);
  const { hidden } = await checkCredentials(test, { programs, project, hostile: servers.hostile });
  await Promise.all([checkProfiles(test, { programs, secret: SECRET }), checkFailures(test, { programs, project, env })]);
  await checkOutputs({ ...setting, hidden });
} finally {
  await servers.close();
  await endAll();
  end();
}

async function checkHost(host, { programs, env, tokens, closed }) {
  const { api, login3, brief, hostile, hanging, late } = servers;
  const gatepass = programs.on(host);
  const check = (what, body) => test(`${host}: ${what}`, body);

  await check("token prints the token and nothing else", async () => {
    const result = await gatepass(["token"], { env });
    expect(result, 0);
    ok(/^[\w-]+\.[\w-]+\.[\w-]+\n$/.test(result.stdout), "it is no token");
    equal(result.stderr, "", "standard error");
  });
  await check("token --header prints a line for curl", async () => {
    const result = await gatepass(["token", "--header"], { env });
    expect(result, 0);
    ok(/^Authorization: Bearer [\w.-]+\n$/.test(result.stdout), "it is no header");
  });
  await check("token --json says what was granted", async () => {
    const result = await gatepass(["token", "--json", "--scope", "read:orders"], { env });
    expect(result, 0);
    const { access_token: value, token_type: type, scope, expires_in: seconds } = JSON.parse(result.stdout);
    same([typeof value, type, scope, seconds > 86_000], ["string", "Bearer", "read:orders", true], "members");
  });
  await check("call sends method, headers and body, and keeps status and body apart", async () => {
    const result = await gatepass(["call", `${api.origin}/echo/t-cli-${host}`, "-d", '{"order":1}', "-H", "x-order: one", "-X", "PUT"], { env });
    expect(result, 0, { stderr: "200" });
    const { method, headers, body } = JSON.parse(result.stdout);
    same([method, headers["x-order"], headers["content-type"], body, headers.authorization.slice(0, 7)], ["PUT", "one", "application/json", '{"order":1}', "Bearer "], "request");
  });
  await check("call hands over the body of a refusal and exits with 6", async () => {
    const result = await gatepass(["call", `${api.origin}/status/403/t-cli-${host}`], { env });
    expect(result, 6, { stdout: '{"status":403}', stderr: ["403", "insufficient_scope"] });
  });
  await check("verify accepts a good token from the standard input, and shows what was checked", async () => {
    const result = await gatepass(["verify", "-", "--scope", "read:orders"], { env, input: `Bearer ${tokens.good}\n` });
    expect(result, 0, { stdout: ["accepted", "✓ issuer", "✓ audience", "✓ signature", '"sub": "demo-client"'] });
  });
  await check("verify refuses a token that has ended, with exit code 5", async () => {
    await past(claimsOf(tokens.expired).exp * 1000 + 100);
    const result = await gatepass(["verify", tokens.expired, "--leeway", "100ms"], { env: { ...env, GATEPASS_DOMAIN: brief.domain } });
    expect(result, 5, { stdout: ["refused", "✓ audience", "✗ times", "- signature"], stderr: "expired" });
  });
  await check("verify refuses a token for another audience, without a scope, and a forged one", async () => {
    const [other, scope, forged] = await Promise.all([
      gatepass(["verify", "-", "--audience", "https://other.example"], { env, input: tokens.good }),
      gatepass(["verify", "-", "--scope", "admin"], { env, input: tokens.good }),
      gatepass(["verify", "-", "--json"], { env, input: tokens.good.slice(0, -40) + "A".repeat(40) }),
    ]);
    expect(other, 5, { stdout: "✗ audience" });
    expect(scope, 5, { stdout: ["✓ signature", "✗ allows"] });
    expect(forged, 5);
    equal(JSON.parse(forged.stdout).error.reason, "signature", "reason");
  });
  await check("decode says that nothing is verified, and shows claims without the signature", async () => {
    const result = await gatepass(["decode", "-"], { input: tokens.good });
    expect(result, 0, { stdout: ["not verified", '"aud": "https://api.example"', "read:orders"] });
    ok(!result.stdout.includes(tokens.good.split(".")[2]), "the signature is shown");
  });
  await check("doctor goes through everything", async () => {
    const result = await gatepass(["doctor", `${api.origin}/echo/t-doctor-${host}`, "--scope", "read:orders", "--organization", "org_gatepass"], { env });
    expect(result, 0, { stdout: ["issuer", "clock", "audience", "scope", "organization", "expiry", "keys", "signature", "API call"].map((name) => `✓ passed  ${name.padEnd(14)}`) });
    ok(!result.stdout.includes("✗"), "something has failed");
  });
  await check("doctor names the clock that is wrong", async () => {
    const result = await gatepass(["doctor", "--token-endpoint", late], { env });
    expect(result, 1, { stdout: ["✗ failed  clock", "NTP"] });
    // Seconds are nobody's fault.
    ok(/this machine is (359\d|360\d) s behind the server/.test(result.stdout), "it is not an hour");
  });
  await check("the slash at the end of an issuer is named", async () => {
    const flags = ["--issuer", login3.issuer.slice(0, -1)];
    const [token, doctor] = await Promise.all([gatepass(["token", ...flags], { env }), gatepass(["doctor", ...flags], { env })]);
    expect(token, 4, { stderr: "issuer_mismatch" });
    expect(doctor, 1, { stdout: ["✗ failed  issuer", "slash", `set the issuer to ${login3.issuer}`] });
  });
  await check("a wrong secret is exit code 3, and doctor says so", async () => {
    const wrong = { ...env, GATEPASS_CLIENT_SECRET: WRONG_SECRET };
    const [token, doctor] = await Promise.all([gatepass(["token"], { env: wrong }), gatepass(["doctor"], { env: wrong })]);
    expect(token, 3, { stderr: ["invalid_client", "→"] });
    expect(doctor, 1, { stdout: ["✗ failed  token request", "→"] });
  });
  await check("an audience that the server does not know is exit code 3", async () => {
    const flags = ["--audience", "https://unknown.example"];
    const [token, doctor] = await Promise.all([gatepass(["token", ...flags], { env }), gatepass(["doctor", ...flags], { env })]);
    expect(token, 3, { stderr: ["request_refused", "audience"] });
    expect(doctor, 1, { stdout: "✗ failed  token request" });
  });
  await check("a server that is down is exit code 4", async () => {
    const flags = ["--domain", `127.0.0.1:${closed}`];
    const [token, doctor] = await Promise.all([gatepass(["token", ...flags], { env }), gatepass(["doctor", ...flags], { env })]);
    expect(token, 4, { stderr: "network_error" });
    expect(doctor, 1, { stdout: "✗ failed  token request" });
  });
  await check("a server that hangs is exit code 4, when --timeout is over", async () => {
    const result = await gatepass(["token", "--token-endpoint", `${hanging.origin}/token/t-cli-${host}`, "--timeout", "700ms"], { env });
    expect(result, 4, { stderr: "timeout" });
    ok(result.took < 8_000, `it took ${result.took} ms`);
  });
  await check("a token that is over when it comes is exit code 5, and doctor names the expiry", async () => {
    const issuer = `${hostile.origin}/issuer/good.jwt-expired/t-cli-${host}`;
    const flags = ["--issuer", issuer, "--client-id", "client"];
    const [token, doctor] = await Promise.all([gatepass(["token", ...flags], { env }), gatepass(["doctor", ...flags], { env })]);
    expect(token, 5, { stderr: "expired" });
    expect(doctor, 1, { stdout: ["✗ failed  expiry", "✗ failed  signature"] });
  });
  await check("unknown flags and commands are named with the nearest one, with exit code 2", async () => {
    const [flag, command, value] = await Promise.all([gatepass(["token", "--audiance", "x"]), gatepass(["tokn"]), gatepass(["token", "--audience", "--json"])]);
    expect(flag, 2, { stderr: ["--audiance", "--audience"] });
    expect(command, 2, { stderr: "did you mean token?" });
    expect(value, 2, { stderr: "--audience needs API" });
  });
  await check("a setting that is missing is named as variable and flag", async () => {
    const result = await gatepass(["token"], { env: { GATEPASS_CLIENT_ID: "a" } });
    expect(result, 2, { stderr: ["GATEPASS_DOMAIN", "--domain"] });
  });
  await check("Ctrl-C ends it at once with 130", async () => {
    const { hanging: { origin } } = servers;
    const result = await gatepass(["token", "--token-endpoint", `${origin}/token/t-int-${host}`], {
      env,
      meanwhile: (child) => whenAsked(origin, `t-int-${host}`).then(() => child.kill("SIGINT")),
    });
    expect(result, 130);
    equal(result.stderr, "", "standard error");
    ok(result.took < 8_000, `it took ${result.took} ms`);
  });
  await check("a reader that goes away is no noise", async () => {
    const result = await gatepass(["call", `${api.origin}/echo/t-pipe-${host}`, "-s", "-d", "@-"], {
      env,
      input: "x".repeat(3_000_000),
      meanwhile: (child) => child.stdout.once("readable", () => child.stdout.destroy()),
    });
    equal(result.stderr, "", "standard error");
    ok([0, 141].includes(result.code), `exit code ${result.code}`);
  });
}

/** Until a request with this tag has arrived. */
function whenAsked(origin, tag) {
  return until(async () => (await (await fetch(`${origin}/_seen/${tag}`)).json()).length > 0, `something asks ${tag}`);
}

/** Where settings come from; on Node.js and, because it reads .env itself, on Bun. */
async function checkSettings({ programs, project, env }) {
  const { GATEPASS_CLIENT_SECRET: _, ...open } = env;
  const folder = join(project, "with-env");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, ".env"), `GATEPASS_ISSUER=http://127.0.0.1:9/\nGATEPASS_CLIENT_SECRET="${SECRET}"\nGATEPASS_AUDIENCE=https://unknown.example\n`);
  writeFileSync(join(folder, "other.env"), `GATEPASS_CLIENT_SECRET='${SECRET}'\n`);
  writeFileSync(join(folder, "secret.txt"), `${SECRET}\n`);

  for (const host of ["node", "bun"]) {
    const gatepass = programs.on(host);
    await test(`${host}: flags win over the environment, and that over .env`, async () => {
      const result = await gatepass(["doctor", "--audience", "https://api.example", "--json"], { cwd: folder, env: { ...open, GATEPASS_AUDIENCE: "https://other.example" } });
      expect(result, 0);
      const [{ more }] = JSON.parse(result.stdout).checks;
      same([...more].sort(), [
        "audience: https://api.example (--audience)",
        "client-id: demo-client (GATEPASS_CLIENT_ID)",
        "client-secret: [hidden] (GATEPASS_CLIENT_SECRET in .env)",
        `domain: ${env.GATEPASS_DOMAIN} (GATEPASS_DOMAIN)`,
      ], "settings");
    });
    await test(`${host}: another file can be named, or none`, async () => {
      expect(await gatepass(["token", "--dotenv", "other.env"], { cwd: folder, env: open }), 0);
      expect(await gatepass(["token", "--no-dotenv"], { cwd: folder, env: open }), 2, { stderr: "GATEPASS_CLIENT_SECRET" });
      expect(await gatepass(["token", "--dotenv", "missing.env"], { cwd: folder, env: open }), 2, { stderr: "there is no such file" });
    });
  }
  const gatepass = programs.on("bin");
  await test("the secret is taken from a file or the standard input", async () => {
    expect(await gatepass(["token", "--client-secret-file", join(folder, "secret.txt")], { env: open }), 0);
    expect(await gatepass(["token", "--client-secret-stdin"], { env: open, input: `${SECRET}\n` }), 0);
  });
  await test("a secret among the arguments works, with a warning", async () => {
    const result = await gatepass(["token", "--client-secret", SECRET], { env: open });
    expect(result, 0, { stderr: "warning: --client-secret" });
  });
  await test("each command has its --help, and the version is that of the package", async () => {
    for (const command of ["token", "call", "verify", "decode", "doctor"]) {
      expect(await gatepass([command, "--help"]), 0, { stdout: [`gatepass ${command}`, "Examples"] });
    }
    const result = await gatepass(["--version"]);
    ok(/^\d+\.\d+\.\d+\n$/.test(result.stdout), "it is no version");
  });
  await test("without a command it says what there is, with exit code 2", async () => expect(await gatepass([]), 2, { stderr: "doctor" }));
  await test("control characters of a server or a token do not reach the terminal", async () => {
    const claims = Buffer.from(JSON.stringify({ sub: "\u001b[31mred\u009b2J\u202e" })).toString("base64url");
    const result = await gatepass(["decode", `eyJhbGciOiJub25lIn0.${claims}.c2lnbmF0dXJl`]);
    expect(result, 0, { stdout: "\\u009b2J\\u202e" });
    ok(!/[\u0080-\u009f\u202e\u001b]/.test(result.stdout), "a control character is there");
  });
}

async function checkTerminal({ programs, env, tokens }) {
  const python = spawnSync("python3", ["--version"]).status === 0;
  const onTerminal = (host, last, args, more) => programs.run(["python3", join(here, "terminal.py"), last, ...programs.commandOf(host), ...args], more);
  const slow = ["token", "--token-endpoint", `${servers.hanging.origin}/token/t-tty`];
  for (const host of HOSTS) {
    await test(`${host}: on a terminal there are colours, and NO_COLOR and --no-color switch them off`, async () => {
      if (!python) skip("there is no python3");
      const args = ["decode", tokens.good];
      const [colour, none, flag] = await Promise.all([
        onTerminal(host, "", args, { env: { TERM: "xterm" } }),
        onTerminal(host, "", args, { env: { TERM: "xterm", NO_COLOR: "1" } }),
        onTerminal(host, "", [...args, "--no-color"], { env: { TERM: "xterm" } }),
      ]);
      expect(colour, 0, { stdout: COLOUR });
      for (const plain of [none, flag]) ok(plain.code === 0 && !plain.stdout.includes("\x1b["), "there are colours");
    });
    await test(`${host}: on a terminal progress is shown after a second, and Ctrl-C wipes it and ends with 130`, async () => {
      if (!python) skip("there is no python3");
      const result = await onTerminal(host, "asking for a token", slow, { env: { ...env, TERM: "xterm" } });
      expect(result, 130, { stdout: "asking for a token" });
      ok(result.took >= 1_000, "it was shown before a second had gone");
      ok(result.stdout.endsWith("\r\x1b[K"), "it is left on the screen");
    });
  }
  await test("elsewhere there are neither colours nor progress", async () => {
    const result = await programs.on("bin")([...slow, "--timeout", "1500ms"], { env });
    expect(result, 4);
    ok(!/\x1b|asking for/.test(result.stdout + result.stderr), "there are");
  });
}

/** What must be in no output of all that was run above. */
async function checkOutputs({ programs: { outputs }, tokens, hidden }) {
  await test("the secret is in no output of any command", () => {
    const forms = [SECRET, WRONG_SECRET].flatMap((secret) => [secret, encodeURIComponent(secret), Buffer.from(secret).toString("base64").slice(0, -4)]);
    const found = outputs.filter(({ stdout, stderr }) => forms.some((form) => (stdout + stderr).includes(form)));
    same(found.map(({ command }) => command.slice(-3)), [], "commands that show it");
    ok(outputs.length > 100, "hardly anything was run");
  });
  await test("nothing of a private key or an assertion is in any output", () => {
    const found = outputs.filter(({ stdout, stderr }) => hidden.some((part) => (stdout + stderr).includes(part)));
    same(found.map(({ command }) => command.slice(-3)), [], "commands that show it");
    ok(hidden.length > 20, "hardly anything was looked for");
  });
  await test("a token is in no output but that of token, and what an API sends back", () => {
    const signatures = Object.values(tokens).map((token) => token.split(".")[2]);
    const isAsked = ({ command }) => command.includes("token") || command.includes("call");
    const found = outputs.filter((output) => [output.stderr, isAsked(output) ? "" : output.stdout].some((text) => /eyJ[\w-]+\.eyJ/.test(text) || signatures.some((one) => text.includes(one))));
    same(found.map(({ command }) => command.at(-2)), [], "commands that show it");
  });
  await test("no mistake of a user is answered with a stack trace", () => {
    const found = outputs.filter(({ stdout, stderr }) => /^\s+at .*:\d+:\d+/m.test(stdout + stderr) || stderr.includes("unexpected:"));
    same(found.map(({ command, stderr }) => [command.slice(-3), stderr]), [], "traces");
  });
}
