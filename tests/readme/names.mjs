// Does the README name what is there, and all of it? Compared with the declarations and the Makefile.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** @returns {{ name: string, problem?: string }[]} */
export function checkNames(readme, repository) {
  const declarations = readFileSync(join(repository, "pkg-template", "index.d.ts"), "utf8");
  const makefile = readFileSync(join(repository, "Makefile"), "utf8");
  const section = (title) => readme.split(`\n## ${title}\n`)[1]?.split("\n## ")[0] ?? "";
  const subsection = (title) => readme.split(`\n### ${title}\n`)[1]?.split("\n##")[0] ?? "";
  const errors = section("Errors");

  return [
    same("the error codes", union(declarations, "GatepassErrorCode"), firstColumn(errors)),
    same("the reasons of invalid_token", union(declarations, "InvalidTokenReason"), codeWords(/The reasons of `invalid_token`:([^.]*)\./.exec(errors)?.[1] ?? "")),
    same("the options of Client", members(declarations, "TokenRequest", "ClientSettings", "ClientLocation", "ClientCredential"), firstColumn(subsection("Client"))),
    same("the options of Verifier", members(declarations, "VerifierSettings", "VerifierLocation"), firstColumn(subsection("Verifier"))),
    same("the types of events", eventTypes(declarations), firstColumn(section("See what happens")).filter((word) => word !== "type")),
    same("the algorithms", union(declarations, "SigningAlgorithm"), [...(subsection("Verifier").match(/\b([HRPE]S\d{3}|EdDSA|ML-DSA-\d\d)\b/g) ?? [])]),
    same("the environment variables", members(declarations, "ClientEnv"), firstColumn(section("Get a token and call an API")).filter((word) => word.startsWith("GATEPASS_"))),
    {
      name: "every make target of the README exists",
      problem: list("not in the Makefile: ", [...readme.matchAll(/(?:^|`)make ([a-z-]+)/gm)].map(([, target]) => target).filter((target) => !new RegExp(`^${target}:`, "m").test(makefile))),
    },
    {
      name: "every file that the README links to exists",
      problem: list("missing: ", [...readme.matchAll(/\]\(([^)#:]+)\)/g)].map(([, path]) => path).filter((path) => !existsSync(join(repository, path)))),
    },
  ];
}

function same(name, declared, written) {
  const missing = declared.filter((word) => !written.includes(word));
  const unknown = written.filter((word) => !declared.includes(word));
  const problems = [list("not in the README: ", missing), list("not in index.d.ts: ", unknown)].filter(Boolean);
  if (declared.length === 0) problems.push("nothing found in index.d.ts");
  return { name: `${name} in the README are those of index.d.ts`, problem: problems.length > 0 ? problems.join("; ") : undefined };
}

function list(before, words) {
  return words.length > 0 ? before + words.join(", ") : undefined;
}

/** The words of a union of strings. */
function union(declarations, name) {
  const [code] = declaration(declarations, name).split(";");
  return [...code.matchAll(/"([^"]+)"/g)].map(([, word]) => word);
}

function eventTypes(declarations) {
  return [...declaration(declarations, "GatepassEvent").matchAll(/\bEventBase<"(\w+)">/g)].map(([, type]) => type);
}

/** The members that the types have between them, without those that a type only excludes. */
function members(declarations, ...names) {
  const found = names.flatMap((name) => [...declaration(declarations, name).matchAll(/^ +(?:readonly )?(\w+)\??: (.*);$/gm)]);
  return [...new Set(found.filter(([, , type]) => type !== "undefined").map(([, member]) => member))];
}

/** The text from the name of an exported type to the next export. */
function declaration(declarations, name) {
  const [, text = ""] = declarations.split(new RegExp(`^export (?:type|interface) ${name}\\b`, "m"));
  return text.split(/^export /m)[0];
}

/** The code words of the first cells of a section's tables. */
function firstColumn(text) {
  return [...text.matchAll(/^\| *((?:`\w+`(?:, )?)+) *\|/gm)].flatMap(([, cell]) => codeWords(cell)).filter((word) => word !== "code");
}

function codeWords(text) {
  return [...text.matchAll(/`(\w+)`/g)].map(([, word]) => word);
}
