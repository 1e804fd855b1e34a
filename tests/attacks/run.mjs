// Which forged tokens four verifiers accept, measured in one run.
//
//   node tests/attacks/run.mjs            measures, and checks that gatepass accepts none and that docs/attacks.md is what came out
//   node tests/attacks/run.mjs --write    writes docs/attacks.md
//
// Needs the built package in pkg/. Counted: each attack, each verifier's control, and the document.

import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { ATTACKS, GOOD } from "./attacks.mjs";
import { makeVerifiers } from "./verifiers.mjs";

const repository = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const document = join(repository, "docs", "attacks.md");
const gatepass = await import(pathToFileURL(join(repository, "pkg", "package", "index.js")));
const verifiers = makeVerifiers(gatepass);
const names = Object.keys(verifiers);
const versions = Object.fromEntries(names.slice(1).map((name) => [name, versionOf(name)]));

let passed = 0;
let failed = 0;

/** What a verifier does with a token: `accepts`, `refuses`, or nothing where the attack does not apply to it. */
async function outcome(make, attack) {
  let verify;
  try {
    verify = make(attack);
  } catch {
    // It does not even take the key.
    return "refuses";
  }
  if (verify === undefined) return "-";
  return verify(attack.token()).then(() => "accepts", () => "refuses");
}

async function measure() {
  const lines = [];
  for (const [group, attacks] of Object.entries(ATTACKS)) {
    lines.push("", `## ${group}`, "", `| | ${names.join(" | ")} |`, `|---|${names.map(() => "---|").join("")}`);
    for (const [name, attack] of Object.entries(attacks)) {
      const outcomes = await Promise.all(names.map((verifier) => outcome(verifiers[verifier], attack)));
      judge(`refused: ${name}`, outcomes[0] === "refuses" ? undefined : `gatepass ${outcomes[0]}`);
      lines.push(`| ${name} | ${outcomes.map((cell) => (cell === "accepts" ? "**accepts**" : cell)).join(" | ")} |`);
    }
  }
  return lines;
}

function report(lines) {
  const all = Object.values(ATTACKS).flatMap(Object.keys).length;
  const accepted = (place) => lines.filter((line) => line.split(" | ")[place]?.startsWith("**accepts**")).length;
  const sums = names.map((name, place) => `${name} ${accepted(place + 1)}`).join(", ");
  return `# Forged tokens

What verifiers of access tokens do with tokens that should not be accepted, measured in one run by
\`node tests/attacks/run.mjs --write\`; a test runs the same again. Each verifier has its own defaults, and is told the keys, the
issuer and the audience (and a greatest age where that is the point): jose ${versions.jose} by \`jwtVerify\` with a local key set,
aws-jwt-verify ${versions["aws-jwt-verify"]} by \`JwtVerifier\`, fast-jwt ${versions["fast-jwt"]} by \`createVerifier\` with the key as PEM, because
it takes no key set.

Not every row is a hole. Many ask for strictness that a specification recommends or leaves open, and some are options in
the others that are off by default. They show what a token may look like and still get in.

Of ${all} tokens accepted: ${sums}. \`-\`: does not apply.
${lines.join("\n")}
`;
}

function versionOf(name) {
  const entry = createRequire(import.meta.url).resolve(name);
  const folder = entry.slice(0, entry.lastIndexOf(`/node_modules/${name}/`) + `/node_modules/${name}/`.length);
  return JSON.parse(readFileSync(join(folder, "package.json"), "utf8")).version;
}

function judge(name, problem) {
  if (problem === undefined) {
    passed += 1;
    return;
  }
  failed += 1;
  console.error(`FAILED attacks: ${name}: ${problem}`);
}

for (const name of names) {
  for (const [alg, good] of Object.entries(GOOD)) {
    const found = await outcome(verifiers[name], good);
    judge(`control: ${name} accepts a good token, ${alg}`, found === "accepts" ? undefined : `it ${found}`);
  }
}
const text = report(await measure());
if (process.argv.includes("--write")) {
  writeFileSync(document, text);
  console.log(text);
} else {
  judge("docs/attacks.md is what was measured", readFileSync(document, "utf8") === text ? undefined : "run node tests/attacks/run.mjs --write");
}
console.log(`suite attacks: ${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
