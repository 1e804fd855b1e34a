// `make www`: that it starts, says where the page is, and leaves nothing behind.

import { once } from "node:events";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { equal, fail, includes, ok } from "../runtimes/assert.mjs";
import { within } from "../runtimes/launch.mjs";
import { forgetGroup, membersOf, signalGroup, signalGroupLeaderLast, startGroup } from "../demo/process-group.mjs";

const repository = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const START_TIMEOUT = 30_000;
const GRACE = 5_000;

export async function checkCommand(test) {
  const ways = {
    "it alone": (group) => process.kill(group, "SIGINT"),
    "all of its group, as a terminal does": (group) => signalGroup(group, "SIGINT"),
    "what it has started and then to it": (group) => signalGroupLeaderLast(group, "SIGINT", 20),
  };
  for (const [whom, send] of Object.entries(ways)) {
    await test(`make www shows the page's address, and SIGINT to ${whom} ends everything`, async () => {
      const www = startWww({});
      try {
        const url = await www.shows(/^ +page +(http:\S+)$/m);
        includes(await (await fetch(url)).text(), "Watch a token work", "the page");
        ok(membersOf(www.group).length > 1, "it has started no other process");
        await send(www.group);
        const { code } = await www.ended();
        equal(code, 0, "exit status");
        equal(www.errors(), "", "standard error");
        ok(!www.output().includes("canary"), "the secret shows");
      } finally {
        www.kill();
      }
    });
  }

  await test("a runtime that it does not know is one clear line", async () => {
    const www = startWww({ RUNTIME: "rhino" });
    const { code } = await www.ended();
    equal(code, 1, "exit status");
    equal(www.errors(), "✗ RUNTIME must be one of workerd, deno, bun, node\n", "standard error");
  });
}

function startWww(variables) {
  const inherited = Object.entries(process.env).filter(([name]) => !/^(GATEPASS_(?!TARBALL$)|RUNTIME$|FORCE_COLOR$)/.test(name));
  const leader = startGroup(process.execPath, ["www-example/www.mjs"], { cwd: repository, env: { ...Object.fromEntries(inherited), ...variables } });
  const text = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"]) leader[name].setEncoding("utf8").on("data", (part) => (text[name] += part));
  const closed = once(leader, "close");
  return {
    group: leader.pid,
    output: () => text.stdout + text.stderr,
    errors: () => text.stderr,
    async shows(pattern) {
      for (const deadline = performance.now() + START_TIMEOUT; performance.now() < deadline; await new Promise((resolve) => setTimeout(resolve, 50))) {
        const found = pattern.exec(text.stdout);
        if (found) return found[1];
      }
      return fail(`it never showed ${pattern}: ${text.stdout}${text.stderr}`);
    },
    async ended() {
      const end = await within(START_TIMEOUT, closed);
      if (!end) fail("it did not end");
      const deadline = performance.now() + GRACE;
      while (membersOf(leader.pid).length > 0 && performance.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 20));
      equal(membersOf(leader.pid).join(", "), "", "what is left of it");
      return { code: end[0] };
    },
    kill() {
      signalGroup(leader.pid, "SIGKILL");
      forgetGroup(leader.pid);
    },
  };
}
