// Debian's Chromium, driven by playwright-core. Where there is none, or the packages are not installed, that is said.

import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { delimiter, join } from "node:path";

const require = createRequire(import.meta.url);

/** @returns {Promise<{ browser?: import("playwright-core").Browser, axe?: string, missing?: string }>} */
export async function launchChromium() {
  const executablePath = (process.env.PATH ?? "").split(delimiter).map((folder) => join(folder, "chromium")).find((path) => existsSync(path));
  if (!executablePath) return { missing: "there is no chromium" };
  let playwright;
  try {
    playwright = require("playwright-core");
  } catch {
    return { missing: "the packages of tests/www are not installed (`npm ci` there)" };
  }
  // Root has no sandbox; and what is looked at is our own page.
  const browser = await playwright.chromium.launch({ executablePath, args: process.getuid?.() === 0 ? ["--no-sandbox"] : [] });
  return { browser, axe: require.resolve("axe-core/axe.min.js") };
}
