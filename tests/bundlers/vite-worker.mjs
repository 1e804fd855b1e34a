// Builds the Worker of the folder it is run in, as `vite build` does with Cloudflare's plugin.

import { cloudflare } from "@cloudflare/vite-plugin";
import { createBuilder } from "vite";

const builder = await createBuilder({ configFile: false, plugins: [cloudflare()] });
await builder.buildApp();
console.log("built");
