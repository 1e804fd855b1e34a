// Everything that is written from the results: a plot for each family, docs/bench/README.md with all tables, and the part of the
// repository's README.md between two marks.

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { plot } from "./plot.mjs";
import { asMarkdown, circumstances, isAhead, number, ratioOf, tablesOf } from "./table.mjs";

const [BEGIN, END] = ["<!-- bench:begin -->", "<!-- bench:end -->"];

/** @returns {object[]} what is committed, of these families */
export function readResults(repository, families) {
  return families.map(({ name }) => join(repository, "docs", "bench", `${name}.json`)).filter(existsSync).map((file) => JSON.parse(readFileSync(file, "utf8")));
}

/** @returns {Record<string, string>} path in the repository, and what is to stand there */
export function documentsOf(repository, results) {
  return {
    ...Object.fromEntries(results.map((result) => [`docs/bench/${result.family}.svg`, plot(result)])),
    "docs/bench/README.md": wholeReport(results),
    "README.md": withDigest(readFileSync(join(repository, "README.md"), "utf8"), digest(results)),
  };
}

export function writeDocuments(repository, families) {
  for (const [path, content] of Object.entries(documentsOf(repository, readResults(repository, families)))) writeFileSync(join(repository, path), content);
}

function wholeReport(results) {
  return `# Measured

Written by \`make bench\`, which anybody can run; every number is from the run that the line below it tells. \`make bench
FAMILY=verify\` runs one family, \`QUICK=1\` a short one that writes nothing. The same numbers are in the JSON files here.

× gatepass: how many times as long, as much or as many as gatepass, the median over the rounds; where a peer has less than 1, it is
ahead. Beside it the median, and in parentheses the middle half of the rounds; "wide" is said where that half is wider than a
quarter of the median, and "~" where that is so of the ratio: there a small difference says nothing. Each round has a turn of
every way, so what slows the machine down for a while falls on all of them.

${results.map((result) => `## ${result.title}

${result.about}

\`make bench FAMILY=${result.family}\`: ${circumstances(result)}

![${result.title}](${result.family}.svg)

${tablesOf(result).map((table) => `${table.title}:\n\n${asMarkdown(table)}`).join("\n\n")}
`).join("\n")}`;
}

/** What the README shows of the families: the rows of some blocks, and the ratio in each column. */
const DIGEST = [
  ["get-token", "getToken()", "`getToken()` from memory"],
  ["burst", "token requests", "token requests for 1 000 cold callers"],
  ["api-call", "a GET", "a call to an API"],
  ["verify", "RS256", "verifying RS256, every token new"],
  ["verify", "ES256", "verifying ES256, every token new"],
  ["verify", "RS256, repeated", "verifying a token that comes again"],
  ["start", "to the first token", "import to first token"],
  ["start", "to the first verified token", "import to first verified token"],
  ["size", "does both", "gzip, what gets and verifies tokens"],
];

function digest(results) {
  const tables = DIGEST.flatMap(([family, name, title]) => {
    const result = results.find((one) => one.family === family);
    const block = result?.blocks.find((one) => one.name === name);
    return block ? [`**${title}**, by \`make bench FAMILY=${family}\` on ${result.date}${result.shared ? ", on a shared machine" : ""}\n\n${asMarkdown(digestTable(block))}`] : [];
  });
  return `How many times as much as gatepass takes or needs; what gatepass takes itself stands in its row. Under 1 the other one is
ahead, and the table says so. "~" marks a wide spread: there a small difference says nothing. "by hand" is the least code that
gives a result, of a verification without most of the checks: a bound, and not for use. Plots, all tables, versions and the machine:
[docs/bench](docs/bench/README.md) in the repository, not in the npm package.

${tables.join("\n\n")}`;
}

function digestTable({ unit, columns }) {
  const names = [...new Set(columns.flatMap(({ rows }) => rows.map((row) => row.name)))];
  const cell = (row) => {
    if (row === undefined || row.absent !== undefined) return "–";
    return row.ratio === undefined ? `${row.wide ? "~" : ""}${number(row.median)} ${unit}` : `${ratioOf(row)}×${isAhead(row) ? " ahead" : ""}${row.failed ? `, ${number(row.failed)} fail` : ""}`;
  };
  return { columns: ["", ...columns.map(({ name }) => name)], rows: names.map((name) => [name, ...columns.map(({ rows }) => cell(rows.find((row) => row.name === name)))]) };
}

function withDigest(readme, text) {
  const [before, rest, ...more] = readme.split(BEGIN);
  const [, after, ...others] = rest?.split(END) ?? [];
  if (after === undefined || more.length + others.length > 0) throw new Error(`README.md must have ${BEGIN} and, after it, ${END}, once each`);
  return `${before}${BEGIN}\n${text}\n${END}${after}`;
}
