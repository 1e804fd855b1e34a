// How the demo looks on a terminal: colours only where there is one (and NO_COLOR, no-color.org, is not set), columns that
// line up, the same text without colours everywhere else.

const coloured = Boolean(process.stdout.isTTY) && !process.env.NO_COLOR && process.env.TERM !== "dumb";
const colour = (code) => (text) => (coloured ? `\x1b[${code}m${text}\x1b[0m` : text);
const bold = colour(1);
const dim = colour(2);
const red = colour(31);
const green = colour(32);
const cyan = colour(36);

/** What servers and tokens say is shown as text: no control character of theirs reaches the terminal. */
const printable = (text) => text.replaceAll(/[\u0000-\u001f\u007f-\u009f]+/g, " ");

const LABEL = 16; // columns for the name of a step
const TEXT = 62; // columns for what it did, before its time

const milliseconds = (value) => (value === undefined ? "" : `${value < 9.95 ? value.toFixed(1) : Math.round(value)} ms`);

export function title(text) {
  console.log(`\n${bold(text)}`);
}

/** One step: its name, what it did, its time; details as rows of [name, value], below or, without a text, beside the name. */
export function step(label, text, time, details = []) {
  const width = Math.max(0, ...details.map(([name]) => name.length)) + 2;
  const rows = details.map(([name, value]) => dim(printable(name).padEnd(width)) + printable(typeof value === "string" ? value : JSON.stringify(value)));
  const first = text ? printable(text).padEnd(TEXT) + dim(milliseconds(time).padStart(9)) : (rows.shift() ?? "");
  console.log(`  ${cyan(label.padEnd(LABEL))}${first}`.trimEnd());
  for (const row of rows) console.log(`  ${" ".repeat(LABEL)}${row}`);
}

/** The one line that says why the demo, or one runtime of it, ended badly. */
export function failed(text) {
  console.error(`${red("✗")} ${printable(text)}`);
}

/** @param {{ name: string, ok: boolean, times: (number | undefined)[] }[]} rows one time per column but the first and last */
export function table(columns, rows) {
  const cells = [columns, ...rows.map(({ name, ok, times }) => [name, ...times.map((time) => milliseconds(time) || "–"), ok ? "✓ passed" : "✗ failed"])];
  const widths = columns.map((_, column) => Math.max(...cells.map((row) => row[column].length)));
  const align = (cell, column) =>
    column === 0 || column === columns.length - 1 ? cell.padEnd(widths[column]) : cell.padStart(widths[column]);
  console.log("");
  for (const [index, row] of cells.entries()) {
    const text = row.map(align).join("   ").trimEnd();
    if (index === 0) {
      console.log(`  ${bold(text)}`);
      console.log(`  ${dim("─".repeat(widths.reduce((sum, width) => sum + width + 3, -3)))}`);
    } else {
      console.log(`  ${text.replace("✓", green("✓")).replace("✗", red("✗"))}`);
    }
  }
  console.log("");
}
