// Authlib (PyPI) as the authorization server of authlib/server.py, in the virtual environment that `make setup` makes.

import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { start, within } from "../runtimes/launch.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const environment = join(dirname(here), ".venv");
const START_TIMEOUT = 20_000;

/** Why there is no Authlib on this machine; `undefined` when there is. */
export function whyNoAuthlib() {
  if (existsSync(join(environment, ".installed"))) return undefined;
  const canBeMade = spawnSync("python3", ["-c", "import ensurepip, venv"]).status === 0;
  if (canBeMade) throw new Error("Authlib is not installed: run `make setup`");
  return "no python3 with venv";
}

/**
 * @param {object[]} clients as authlib/server.py reads them
 * @returns {Promise<{ issuer: string, tokenEndpoint: string, close: () => Promise<void> }>}
 */
export async function startAuthlib(clients) {
  const log = [];
  let announced;
  const addresses = new Promise((resolve) => (announced = resolve));
  const program = start(join(environment, "bin", "python"), [join(here, "authlib", "server.py")], {
    env: { ...process.env, AUTHLIB_CLIENTS: JSON.stringify(clients), PYTHONDONTWRITEBYTECODE: "1" },
    onLine: (line) => announced(JSON.parse(line)),
    onErrorLine: (line) => log.push(line),
  });
  const started = await within(START_TIMEOUT, Promise.race([addresses, program.exited.then(() => undefined)]));
  if (started === undefined) {
    await program.end();
    throw new Error(`Authlib did not start:\n${log.slice(-10).join("\n")}`);
  }
  return { ...started, close: program.end };
}
