// `gatepass doctor`: goes through the configuration against the live server, step by step, and says what to do.

import { check } from "./checkup.js";
import { EXIT, UsageError } from "./exit.js";
import { CLIENT, SERVER, SOURCES } from "./flags.js";
import * as terminal from "./terminal.js";

const WIDTH = 14;

export const doctor = {
  usage: "[URL]",
  summary: "Check the configuration against the live server, step by step, and say what to do.",
  details: ["URL is an API to call in the end (GET). Exit code 1 when a check fails."],
  operands: [0, 1],
  flags: { json: { type: "boolean", help: "print each check as JSON: check, outcome, detail and todo" }, ...SERVER, ...CLIENT, ...SOURCES },
  examples: ["gatepass doctor", "gatepass doctor https://api.example/orders --scope read:orders"],

  async run(values, [url]) {
    if (url !== undefined && !URL.canParse(url)) throw new UsageError("the argument is no URL", "write it in full: https://api.example/orders");
    const done = [];
    const tell = async (result) => {
      done.push(result);
      if (!values.json) await terminal.report(lineOf(result));
    };
    await check(values, url, tell);
    const count = (outcome) => done.filter((result) => result.outcome === outcome).length;
    const isWell = count("failed") === 0;
    if (values.json) await terminal.report(`${terminal.json({ passed: isWell, checks: done })}\n`);
    else await terminal.report(summary(isWell, count("passed"), count("failed"), count("skipped")));
    return isWell ? EXIT.ok : EXIT.unwell;
  },
};

function lineOf({ check: name, outcome, detail, todo, more = [] }) {
  const { green, red, dim, yellow } = terminal.styles(process.stdout);
  const sign = { passed: green("✓ passed "), failed: red("✗ failed "), skipped: dim("- skipped") }[outcome];
  const [first, ...rest] = [detail, ...more].map((text) => terminal.plain(text ?? ""));
  const indent = " ".repeat("✓ passed ".length + 1 + WIDTH + 1);
  return [
    `${sign} ${name.padEnd(WIDTH)} ${outcome === "skipped" ? dim(first) : first}`,
    ...rest.map((text) => indent + dim(text)),
    ...(todo ? [`${indent}${yellow("→")} ${terminal.plain(todo)}`] : []),
    "",
  ].join("\n");
}

function summary(isWell, passed, failed, skipped) {
  const { green, red, bold, dim } = terminal.styles(process.stdout);
  const counts = [`${passed} passed`, `${failed} failed`, ...(skipped > 0 ? [`${skipped} skipped`] : [])].join(", ");
  return `\n${isWell ? bold(green("All is well.")) : bold(red("Something is wrong."))} ${dim(counts)}\n`;
}
