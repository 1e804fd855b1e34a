// What a run of the command line must have given.

import { fail, includes } from "../runtimes/assert.mjs";

/**
 * @param {{ code: number | string, stdout: string, stderr: string }} result
 * @param {number} code the exit code
 * @param {{ stdout?: string | string[], stderr?: string | string[] }} [parts] of the output
 */
export function expect(result, code, { stdout = [], stderr = [] } = {}) {
  if (result.code !== code) fail(`exit code: expected ${code}, got ${result.code}: ${result.stdout.slice(-300)} ${result.stderr}`);
  for (const part of [stdout].flat()) includes(result.stdout, part, "standard output");
  for (const part of [stderr].flat()) includes(result.stderr, part, "standard error");
}
