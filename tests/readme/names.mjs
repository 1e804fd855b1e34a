// Do the documents name what is there, and all of it? Compared with the declarations, the Makefile and each other.

import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/**
 * @param {string} repository
 * @param {string[]} documents the README and the guides
 * @returns {{ name: string, problem?: string }[]}
 */
export function checkNames(repository, documents) {
  const read = (path) => readFileSync(join(repository, path), "utf8");
  const readme = read("README.md");
  const declarations = read("pkg-template/index.d.ts");
  const section = (title) => readme.split(`\n## ${title}\n`)[1]?.split("\n## ")[0] ?? "";
  const subsection = (title) => readme.split(`\n### ${title}\n`)[1]?.split("\n##")[0] ?? "";
  const errors = section("Errors");
  const codes = union(declarations, "GatepassErrorCode");
  const reasons = union(declarations, "InvalidTokenReason");
  const troubles = read("docs/troubleshooting.md");

  return [
    same("README.md has the error codes", codes, firstColumn(errors)),
    same("README.md has the reasons of invalid_token", reasons, codeWords(/The reasons of `invalid_token`:([^.]*)\./.exec(errors)?.[1] ?? "")),
    same("README.md has the options of Client", members(declarations, "TokenRequest", "ClientSettings", "ClientLocation", "ClientCredential"), firstColumn(subsection("Client"))),
    same("README.md has the options of Verifier", members(declarations, "VerifierSettings", "VerifierLocation"), firstColumn(subsection("Verifier"))),
    same("README.md has the algorithms", union(declarations, "SigningAlgorithm"), [...(subsection("Verifier").match(/\b([HRPE]S\d{3}|EdDSA|ML-DSA-\d\d)\b/g) ?? [])]),
    same("README.md has the profiles", union(declarations, "Profile"), firstColumn(subsection("Profiles"))),
    same("README.md has the environment variables", members(declarations, "ClientEnv"), firstColumn(section("Get a token and call an API")).filter((word) => word.startsWith("GATEPASS_"))),
    same("docs/events.md has the types of events", eventTypes(declarations), firstColumn(read("docs/events.md")).filter((word) => word !== "type")),
    same("docs/troubleshooting.md has a section for each error code", codes, [...troubles.matchAll(/^### `(\w+)`$/gm)].map(([, code]) => code)),
    same("docs/troubleshooting.md has the reasons of invalid_token", reasons, firstColumn(troubles)),
    {
      name: "README.md says of forged tokens what docs/attacks.md measured",
      problem: forgedRefused(read("docs/attacks.md")) === /Of (\d+) \[forged\s+tokens\]\([^)]*\) it accepts none/.exec(readme)?.[1] ? undefined : "they differ",
    },
    ...documents.map((document) => ({ name: `${document} leads nowhere that is not there`, problem: list("missing: ", brokenLinks(repository, document)) })),
    ...documents.map((document) => ({ name: `${document} names make targets that exist`, problem: list("not in the Makefile: ", unknownTargets(read(document), read("Makefile"))) })),
  ];
}

/** Of how many forged tokens gatepass accepts none. */
function forgedRefused(attacks) {
  return /^Of (\d+) tokens accepted: gatepass 0,/m.exec(attacks)?.[1] ?? "unknown";
}

/** Files, and headings in them, that a document links to and that are not there. */
function brokenLinks(repository, document) {
  const text = withoutCode(readFileSync(join(repository, document), "utf8"));
  const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link]) => link).filter((link) => !/^[a-z]+:/.test(link));
  return links.filter((link) => {
    const [path, anchor] = link.split("#");
    const file = join(repository, path === "" ? document : join(dirname(document), path));
    if (!existsSync(file)) return true;
    return anchor !== undefined && !anchors(readFileSync(file, "utf8")).includes(anchor);
  });
}

/** As GitHub makes them of headings. */
function anchors(text) {
  return [...withoutCode(text).matchAll(/^#+ (.*)$/gm)].map(([, heading]) => heading.toLowerCase().replace(/[^\p{L}\p{N} _-]/gu, "").replaceAll(" ", "-"));
}

function withoutCode(text) {
  return text.replace(/^```[\s\S]*?^```$/gm, "");
}

function unknownTargets(text, makefile) {
  return [...text.matchAll(/(?:^|`)make ([a-z-]+)/gm)].map(([, target]) => target).filter((target) => !new RegExp(`^${target}:`, "m").test(makefile));
}

function same(name, declared, written) {
  const missing = declared.filter((word) => !written.includes(word));
  const unknown = written.filter((word) => !declared.includes(word));
  const problems = [list("not there: ", missing), list("not in index.d.ts: ", unknown)].filter(Boolean);
  if (declared.length === 0) problems.push("nothing found in index.d.ts");
  return { name: `${name} of index.d.ts`, problem: problems.length > 0 ? problems.join("; ") : undefined };
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
