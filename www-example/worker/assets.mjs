// Serves the files of page/ where the runtime does not: on Cloudflare `[assets]` of wrangler.toml does.

import { readFile } from "node:fs/promises";

export const ASSETS = {
  async fetch(url) {
    return new Response(await readFile(new URL(`./page${new URL(url).pathname}`, import.meta.url)));
  },
};
