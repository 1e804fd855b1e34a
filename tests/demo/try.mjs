// `make try`: what it prints makes the README's examples run in a project of somebody's own, and Ctrl-C ends all of it.

import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { equal, fail, includes, ok } from "../runtimes/assert.mjs";
import { findBinary } from "../runtimes/binaries.mjs";
import { run } from "../runtimes/launch.mjs";
import { signalGroupLeaderLast } from "./process-group.mjs";
import { startDemo } from "./start-demo.mjs";

const repository = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const folder = join(repository, "tests", ".work", "try-project");
const EXAMPLE = "https://api.example/orders";
// As the README says that they are run.
const COMMANDS = {
  node: ["--env-file=.env", "app.mjs"],
  deno: ["run", "--no-prompt", "--env-file=.env", "--allow-net", "--allow-env", "app.mjs"],
  bun: ["app.mjs"],
};

export async function checkTry(test) {
  await test("make try prints what makes the README's examples run, in an empty folder, on Node.js, Deno and Bun", async () => {
    const example = startDemo({}, { program: "www-example/try.mjs" });
    try {
      const shown = await example.until("Ctrl-C ends it");
      const [, tarball] = /npm install (\S+\.tgz)/.exec(shown) ?? fail(`it names no tarball: ${shown}`);
      const [, address] = /API +(http:\S+\/orders), in place of/.exec(shown) ?? fail(`it names no API: ${shown}`);
      rmSync(folder, { recursive: true, force: true });
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, ".env"), `${shown.match(/^GATEPASS_\w+=\S+$/gm).join("\n")}\n`);
      const { PATH, HOME } = process.env;
      const there = { cwd: folder, env: { PATH, HOME } };
      await run("npm", ["init", "-y"], there);
      await run("npm", ["install", "--no-audit", "--no-fund", tarball], there);
      for (const [runtime, args] of Object.entries(COMMANDS)) {
        const code = exampleFor(runtime);
        includes(code, EXAMPLE, "the example");
        writeFileSync(join(folder, "app.mjs"), code.replace(EXAMPLE, address));
        const lines = await run(findBinary(runtime), args, there);
        equal(lines.join("\n"), '200 {"message":"Hello from the API","caller":"demo-client"}', `what the example prints on ${runtime}`);
      }
    } finally {
      await signalGroupLeaderLast(example.group, "SIGINT", 20);
      const { status, stderr } = await example.ended();
      ok(status === 0 && stderr === "", `it ended with ${status}: ${stderr}`);
    }
  });
}

/** The first block of the README that is for this runtime alone. */
function exampleFor(runtime) {
  const readme = readFileSync(join(repository, "README.md"), "utf8");
  return new RegExp(`^\`\`\`js ${runtime}\\n([^]*?)^\`\`\``, "m").exec(readme)?.[1] ?? fail(`the README has no example for ${runtime}`);
}
