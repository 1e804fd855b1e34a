// docs/interop.md says of each oddity of a server which test pins what gatepass does about it: these tests there must be.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { startSuite } from "../package/counted.mjs";
import { equal, ok } from "./assert.mjs";

/**
 * @param {string} file the table
 * @param {string} project where the suite is installed
 * @returns {Promise<boolean>} whether every row names tests of the suite
 */
export async function checkInteropTable(file, project) {
  const { test, end } = startSuite("interop table");
  const { tests } = await import(pathToFileURL(join(project, "suite.mjs")).href);
  const names = tests.map(({ name }) => name);
  const rows = readFileSync(file, "utf8").split("\n").filter((line) => /^\| (?!-|What servers do)/.test(line));

  await test("there are rows", () => ok(rows.length > 50, `rows: ${rows.length}`));
  for (const row of rows) {
    const cells = row.split("|").slice(1, -1).map((cell) => cell.trim());
    await test(`tests are there: ${cells[0]}`, () => {
      equal(cells.length, 4, "cells");
      const named = [...cells[3].matchAll(/`([^`]+)`/g)].map(([, name]) => name);
      ok(named.length > 0, "a test is named");
      for (const name of named) {
        // "name: …" stands for a test of several cases.
        const known = name.endsWith(": …") ? names.some((one) => one.startsWith(name.slice(0, -1))) : names.includes(name);
        ok(known, `no test is named: ${name}`);
      }
    });
  }
  return end();
}
