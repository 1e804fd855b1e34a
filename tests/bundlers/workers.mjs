// The Workers of the documents as a user deploys them: their code and their wrangler.toml as they stand there, bundled by
// `wrangler deploy --dry-run` and by Vite with Cloudflare's plugin, and what comes out run by the workerd that Miniflare
// sets up. Both need Node.js 22 or later.

import { mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parse } from "smol-toml";
import { equal, includes, ok, same } from "../runtimes/assert.mjs";
import { findBinary, newestCompatibilityDate } from "../runtimes/binaries.mjs";
import { run } from "../runtimes/launch.mjs";
import { readBlocks } from "../readme/blocks.mjs";
import { startModules } from "../readme/objects.mjs";

const repository = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const wrangler = join(dirname(createRequire(import.meta.url).resolve("wrangler/package.json")), "bin", "wrangler.js");
const vite = fileURLToPath(new URL("vite-worker.mjs", import.meta.url));

/** Each makes a folder of modules out of the Worker in the folder it is run in. */
const BUNDLERS = [
  { name: "wrangler", args: [wrangler, "deploy", "--dry-run", "--outdir", "dist"], says: "--dry-run: exiting now", output: "dist", main: "worker.js" },
  { name: "Vite with Cloudflare's plugin", args: [vite], says: "built", output: "dist/orders_client", main: "index.js" },
];

/**
 * @param {(what: string, body: () => Promise<void>) => Promise<boolean>} test
 * @param {string} project where the package is
 * @param {{ login3: object, api: object }} servers that the Workers meet
 */
export async function checkWorkers(test, project, { login3, api }) {
  const start = { code: find("README.md", "js", "callApi("), toml: find("README.md", "toml", "orders-client") };
  const workers = [
    { name: "the Worker of README.md", ...start, kind: "none" },
    {
      name: "the Worker with a Durable Object of docs/workers.md",
      code: find("docs/workers.md", "js", "durableObject("),
      toml: start.toml + find("docs/workers.md", "toml", "durable_objects"),
      kind: "objects",
    },
  ];

  for (const [number, { name, code, toml, kind }] of workers.entries()) {
    for (const bundler of BUNDLERS) {
      const folder = join(project, `worker-${number}-${bundler.main}`);
      const output = join(folder, bundler.output);
      const bundled = await test(`${bundler.name} takes ${name}`, async () => {
        mkdirSync(folder);
        writeFileSync(join(folder, "package.json"), '{ "private": true, "type": "module" }\n');
        writeFileSync(join(folder, "worker.js"), code);
        writeFileSync(join(folder, "wrangler.toml"), toml);
        const lines = await run(findBinary("node24"), bundler.args, { cwd: folder, env: environment(folder) });
        ok(lines.some((line) => line.includes(bundler.says)), lines.join("\n"));
      });
      if (!bundled) continue;
      await test(`what ${bundler.name} makes of ${name} runs on workerd`, async () => {
        const worker = await startModules({
          directory: output,
          names: [bundler.main, ...modulesIn(output, bundler.main)],
          bindings: bindingsOf(login3),
          kind,
          compatibilityDate: dateOf(toml),
          outboundService: outboundTo(api),
        });
        try {
          const before = api.calls;
          const response = await fetch(worker.origin);
          equal(`${response.status} ${await response.text()}`, '200 {"orders":[]}', "its answer");
          equal(api.calls - before, 1, "calls of the API");
        } finally {
          await worker.end();
        }
      });
    }
  }
}

/**
 * The Worker of www-example/ and its API, as a user deploys them.
 * @param {string} project where the package and the files of www-example/worker/ are
 */
export async function checkExample(test, project, { login3, api }) {
  for (const { config, says } of [
    { config: "wrangler.toml", says: ["env.TOKENS (TokenBroker", "env.ASSETS", "env.API_URL"] },
    { config: "wrangler.api.toml", says: ["env.GATEPASS_AUDIENCE"] },
  ]) {
    await test(`wrangler takes ${config} of www-example/`, async () => {
      const text = await dryRun(["--config", config, "--outdir", `dist-${config}`], project);
      for (const part of says) includes(text, part, "what wrangler says");
    });
  }
  await test("what wrangler makes of www-example/ calls its API on workerd, and keeps the token in its Durable Object", async () => {
    const output = join(project, "dist-wrangler.toml");
    const main = "run-workers.js";
    const names = [main, ...modulesIn(output, main)];
    const worker = await startModules({
      directory: output,
      names,
      bindings: { ...bindingsOf(login3), API_URL: "https://api.example/orders" },
      kind: "objects",
      compatibilityDate: dateOf(readFileSync(join(project, "wrangler.toml"), "utf8")),
      outboundService: outboundTo(api),
    });
    try {
      const response = await fetch(`${worker.origin}/act/call`, { method: "POST", headers: { "x-page": "gatepass" } });
      const { ok: good, status, source } = await response.json();
      same([good, status, source], [true, 200, "network"], "its answer");
      ok((await worker.records()) > 0, "nothing is in the store");
    } finally {
      await worker.end();
    }
  });
}

/** @returns {Promise<string>} what wrangler says */
async function dryRun(args, folder) {
  const lines = await run(findBinary("node24"), [wrangler, "deploy", "--dry-run", ...args], { cwd: folder, env: environment(folder) });
  const text = lines.join("\n");
  includes(text, "--dry-run: exiting now", "what wrangler says");
  ok(!/warning/i.test(text), text);
  return text;
}

function modulesIn(output, main) {
  const modules = readdirSync(output, { recursive: true }).filter((file) => /\.(js|wasm)$/.test(file) && file !== main);
  same(modules.map((file) => file.replace(/^.*\./, "")), ["wasm"], "kinds of modules beside the main one");
  return modules;
}

const bindingsOf = ({ domain, clientId, clientSecret, audiences }) =>
  ({ GATEPASS_DOMAIN: domain, GATEPASS_CLIENT_ID: clientId, GATEPASS_CLIENT_SECRET: clientSecret, GATEPASS_AUDIENCE: audiences[0] });

/** The API by the name that the examples give it; everything else is on loopback already. */
const outboundTo = (api) => (request) => {
  const url = new URL(request.url);
  return fetch(url.origin === "https://api.example" ? api.origin + url.pathname : url, request);
};

/** The day that a Worker is made for, or the newest that the pinned workerd knows. */
function dateOf(toml) {
  const [date, newest] = [parse(toml).compatibility_date, newestCompatibilityDate()];
  return date < newest ? date : newest;
}

/** The first block of a document that is of this language and has this text. */
function find(document, language, text) {
  const block = readBlocks(repository, document).find((block) => block.language === language && block.code.includes(text));
  if (block === undefined) throw new Error(`${document} has no block of ${language} with ${text}`);
  return block.code;
}

/** Nobody's account, nobody's settings, and nothing sent but what the command needs. */
function environment(home) {
  return { PATH: process.env.PATH, HOME: home, CI: "1", WRANGLER_SEND_METRICS: "false", WRANGLER_LOG_PATH: join(home, "logs") };
}
