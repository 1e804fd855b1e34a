// What nobody plans for: a mistake of gatepass itself, and an output that cannot be written.

import { cpSync, existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { equal, ok, skip } from "../runtimes/assert.mjs";
import { expect } from "./expect.mjs";
import { HOSTS, programsOf } from "./programs.mjs";

/** Put into `gatepass token`, where its token has come. */
const MISTAKE = `
    const mistake = new RangeError("of " + process.env.GATEPASS_CLIENT_SECRET + " and " + accessToken);
    if (process.env.MISTAKE === "later") await new Promise(() => setTimeout(() => { throw mistake; }));
    throw mistake;
`;

/** @param {{ project: string, env: Record<string, string> }} setting the project where the package is, and good settings */
export async function checkFailures(test, { programs, project, env }) {
  const mistaken = programsOf(mistakenCopy(project));
  for (const host of HOSTS) {
    for (const when of ["at once", "later"]) {
      await test(`${host}: a mistake of gatepass that shows ${when} is exit code 70, without secret and token, and GATEPASS_DEBUG shows where`, async () => {
        const more = { ...env, MISTAKE: when };
        const plain = await mistaken.on(host)(["token"], { env: more });
        expect(plain, 70, { stderr: ["error: unexpected: of [hidden] and", "a mistake of gatepass", "GATEPASS_DEBUG=1"] });
        ok(!plain.stderr.includes("token.js"), "it shows where");
        const traced = await mistaken.on(host)(["token"], { env: { ...more, GATEPASS_DEBUG: "1" } });
        expect(traced, 70, { stderr: ["RangeError", "token.js:"] });
        for (const { stdout, stderr } of [plain, traced]) {
          equal(stdout, "", "standard output");
          ok(!stderr.includes(env.GATEPASS_CLIENT_SECRET) && !/eyJ[\w-]+\.eyJ/.test(stderr), "it shows the secret or the token");
        }
      });
    }
    await test(`${host}: an output that cannot be written is exit code 74, and not taken for a success`, async () => {
      if (!existsSync("/dev/full")) skip("there is no /dev/full");
      const result = await programs.run(["sh", "-c", '"$@" > /dev/full', "sh", ...programs.commandOf(host), "token"], { env });
      expect(result, 74, { stderr: "error: the output cannot be written" });
    });
  }
}

function mistakenCopy(project) {
  const copy = `${project}-mistaken`;
  rmSync(copy, { recursive: true, force: true });
  cpSync(join(project, "node_modules"), join(copy, "node_modules"), { recursive: true });
  const path = join(copy, "node_modules", "gatepass", "cli", "token.js");
  const code = readFileSync(path, "utf8");
  const line = code.split("\n").find((one) => one.includes("accessToken") && one.includes("= got;"));
  writeFileSync(path, code.replace(line, line + MISTAKE));
  return copy;
}
