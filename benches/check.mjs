// That what is written of the benchmarks is what the committed results give, and that each family still runs. Nothing is judged
// by how long it takes.
//
//   node benches/check.mjs [--verbose]

import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { startSuite } from "../tests/package/counted.mjs";
import { equal, fail, ok } from "../tests/runtimes/assert.mjs";
import { endAll } from "../tests/runtimes/launch.mjs";
import { FAMILIES } from "./families/all.mjs";
import { projectOf, SMOKE } from "./measuring/setting.mjs";
import { documentsOf, readResults } from "./report/documents.mjs";
import { tablesOf } from "./report/table.mjs";

const repository = dirname(dirname(fileURLToPath(import.meta.url)));
const { test, end } = startSuite("bench");
try {
  await test("every family has a committed result", () => {
    const missing = FAMILIES.filter(({ name }) => !existsSync(join(repository, "docs", "bench", `${name}.json`)));
    equal(missing.map(({ name }) => name).join(", "), "", "families without one");
  });
  const results = readResults(repository, FAMILIES);
  for (const [path, content] of Object.entries(documentsOf(repository, results))) {
    await test(`${path} is what the committed results give`, () => {
      ok(readFileSync(join(repository, path), "utf8") === content, "run `make bench`, or `node benches/write.mjs` to write it from the results");
    });
  }
  await test("the committed results name no machine", () => {
    const places = [repository, process.env.HOME, "/home/", "/work/", "/root/"].filter(Boolean);
    for (const result of results) {
      const place = places.find((one) => JSON.stringify(result).includes(one));
      if (place) fail(`${place} in ${result.family}`);
    }
  });
  const project = await projectOf("bench-check");
  for (const family of FAMILIES) {
    await test(`${family.name} runs`, async () => {
      const tables = tablesOf(await family.measure({ project, ...SMOKE, note() {} }));
      ok(tables.length > 0, "no table");
      for (const { title, rows } of tables) {
        ok(rows.length > 0, `no row: ${title}`);
        const bad = rows.flat().find((cell) => /NaN|undefined|Infinity/.test(cell));
        if (bad) fail(`${bad} in ${title}`);
      }
    });
  }
} finally {
  await endAll();
  end();
}
