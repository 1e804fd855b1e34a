// What whoever is new gets wrong, and whether the answer says what to do. Where they run it makes no difference.

import { equal, ok } from "../runtimes/assert.mjs";

/** @param {{ test: Function, expect: Function, gatepass: Function, env: Record<string, string>, servers: object, tokens: object, closed: number }} setting */
export async function checkMistakes({ test, expect, gatepass, env, servers: { login3, api }, tokens, closed }) {
  const { GATEPASS_AUDIENCE: _, ...nameless } = env;

  await test("with nothing set, all that is missing is named at once, and where to put it", async () => {
    const [token, doctor] = await Promise.all([gatepass(["token"]), gatepass(["doctor"])]);
    const all = ["GATEPASS_DOMAIN", "GATEPASS_CLIENT_ID", "GATEPASS_CLIENT_SECRET", "→ put them into a file .env"];
    expect(token, 2, { stderr: all });
    expect(doctor, 1, { stdout: all });
  });
  await test("a domain with https:// or a slash is told by the name of its setting, with the host that was meant", async () => {
    const [variable, flag, verify] = await Promise.all([
      gatepass(["token"], { env: { ...env, GATEPASS_DOMAIN: `https://${login3.domain}/` } }),
      gatepass(["doctor", "--domain", `${login3.domain}/`], { env }),
      gatepass(["verify", "-"], { env: { ...env, GATEPASS_DOMAIN: `https://user:word@${login3.domain}` }, input: tokens.good }),
    ]);
    expect(variable, 2, { stderr: ["error: GATEPASS_DOMAIN must be a host", `did you mean ${login3.domain}?`] });
    expect(flag, 1, { stdout: ["--domain must be a host", `did you mean ${login3.domain}?`] });
    expect(verify, 2, { stderr: ["GATEPASS_DOMAIN", `did you mean ${login3.domain}?`] });
  });
  await test("advice names flags, not options of the library", async () => {
    const result = await gatepass(["token"], { env: { ...env, GATEPASS_CLIENT_ID: "unknown" } });
    expect(result, 3, { stderr: ["--client-id", "--auth-method"] });
    ok(!/options\.|clientId/.test(result.stderr), "an option is named");
  });
  await test("without an audience doctor and call say that the token may be for no API", async () => {
    const url = `${api.origin}/guarded/none/t-cli-audience`;
    const [doctor, call, named] = await Promise.all([gatepass(["doctor"], { env: nameless }), gatepass(["call", url, "--no-retry"], { env: nameless }), gatepass(["doctor"], { env })]);
    expect(doctor, 0, { stdout: ["- skipped audience", "set GATEPASS_AUDIENCE"] });
    expect(call, 6, { stderr: "set GATEPASS_AUDIENCE" });
    ok(!named.stdout.includes("set GATEPASS_AUDIENCE"), "it is said although one is set");
  });
  await test("doctor does not send whoever cannot reach the server to look for keys", async () => {
    const result = await gatepass(["doctor", "--domain", `127.0.0.1:${closed}`], { env });
    expect(result, 1, { stdout: ["✗ failed  keys", "whether the server runs"] });
    ok(!result.stdout.includes("publish"), "it is told to publish keys");
    ok(/token request .*could not be reached \(\w+\)/.test(result.stdout), "the host's own word is missing");
  });
  await test("verify shows what the token says beside what is wanted", async () => {
    const [audience, issuer] = await Promise.all([
      gatepass(["verify", "-", "--audience", "https://other.example"], { env, input: tokens.good }),
      gatepass(["verify", "-", "--issuer", "https://as.example/"], { env, input: tokens.good }),
    ]);
    expect(audience, 5, { stdout: ["in the token: https://api.example", "wanted:       https://other.example"] });
    expect(issuer, 5, { stdout: [`in the token: ${login3.issuer}`, "wanted:       https://as.example/"] });
  });
  await test("an address without https is answered with what to write", async () => {
    const [plain, bare] = await Promise.all([gatepass(["call", "http://api.example/orders"], { env }), gatepass(["call", "api.example/orders"], { env })]);
    expect(plain, 2, { stderr: ["the URL must use https", "→ write it with https://"] });
    expect(bare, 2, { stderr: ["no URL", "https://api.example/orders"] });
  });
  await test("started by npx, it says npx in what is to be typed", async () => {
    const npx = { npm_command: "exec" };
    const [overview, help, advice] = await Promise.all([gatepass(["--help"], { env: npx }), gatepass(["token", "--help"], { env: npx }), gatepass(["call"], { env: npx })]);
    expect(overview, 0, { stdout: ["npx gatepass COMMAND", "npx gatepass doctor"] });
    expect(help, 0, { stdout: 'curl -H "$(npx gatepass token --header)"' });
    expect(advice, 2, { stderr: "→ npx gatepass call --help" });
    equal((await gatepass(["--help"])).stdout.includes("npx"), false, "npx without it");
  });
}
