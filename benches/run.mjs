// Measures gatepass beside its peers, and writes docs/bench/ and the tables of the README.
//
//   make bench                      all families; builds the package first
//   make bench FAMILY=verify        one of them, or several: FAMILY="verify size"
//   make bench QUICK=1              shows what comes out in a minute or two, and writes nothing
//   make bench SHARED=1             says in the results that others used the machine meanwhile
//
// Nothing else should be running on the machine meanwhile.

import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { endAll } from "../tests/runtimes/launch.mjs";
import { FAMILIES } from "./families/all.mjs";
import { load, machine } from "./measuring/machine.mjs";
import { projectOf, QUICK, THOROUGH, versionOfGatepass, versionsOf } from "./measuring/setting.mjs";
import { writeDocuments } from "./report/documents.mjs";
import { asText, circumstances, tablesOf } from "./report/table.mjs";

const repository = dirname(dirname(fileURLToPath(import.meta.url)));

try {
  await measure(process.argv.slice(2), process.env.QUICK === "1");
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
} finally {
  await endAll();
}

async function measure(names, isQuick) {
  const unknown = names.filter((name) => !FAMILIES.some((family) => family.name === name));
  if (unknown.length > 0) throw new Error(`no such family: ${unknown.join(", ")}; there are ${FAMILIES.map(({ name }) => name).join(", ")}`);
  const project = await projectOf("bench");
  const folder = join(repository, "docs", "bench");
  mkdirSync(folder, { recursive: true });
  for (const family of FAMILIES.filter(({ name }) => names.length === 0 || names.includes(name))) {
    console.log(`\nmeasuring: ${family.title}`);
    const before = load();
    const began = performance.now();
    const found = await family.measure({ project, ...(isQuick ? QUICK : THOROUGH), note: (text) => console.log(`  ${text}`) });
    const result = {
      family: family.name, title: family.title, about: family.about, command: `make bench FAMILY=${family.name}`, gatepass: versionOfGatepass(),
      date: new Date().toISOString().slice(0, 10), machine: machine(), load: { before, after: load() }, shared: process.env.SHARED === "1",
      seconds: Math.round((performance.now() - began) / 1000), versions: versionsOf(family.packages), ...found,
    };
    console.log(`\n${[circumstances(result), ...tablesOf(result).map(asText)].join("\n\n")}`);
    if (!isQuick) writeFileSync(join(folder, `${family.name}.json`), `${JSON.stringify(result, undefined, 1)}\n`);
  }
  if (isQuick) return console.log("\na short run: nothing is written");
  writeDocuments(repository, FAMILIES);
  console.log("\nwritten to docs/bench/ and README.md");
}
