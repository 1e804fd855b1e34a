// How the demo looks: columns that line up on a terminal of 80 columns, no space at the end of a line; colours only on a
// terminal (and where NO_COLOR, no-color.org, is not set), the same text without colours everywhere else.

const mayColour = !process.env.NO_COLOR && process.env.TERM !== "dumb";
const colour = (code, stream = process.stdout) => {
  const coloured = mayColour && Boolean(stream.isTTY);
  return (text) => (coloured ? `\x1b[${code}m${text}\x1b[0m` : text);
};
const bold = colour(1);
const dim = colour(2);
const red = colour(31);
const redOnError = colour(31, process.stderr);
const green = colour(32);
const cyan = colour(36);
const plain = (text) => text;

// Who reads has gone (`| head -3`): the rest is for nobody. Exiting ends what was started, see tests/runtimes/launch.mjs.
const SIGPIPE_STATUS = 128 + 13;
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error) => {
    if (error.code !== "EPIPE") throw error;
    process.exit(SIGPIPE_STATUS);
  });
}

const WIDTH = 79; // one less than the terminal has: some break a line that fills it
const MARGIN = "  ";
const LABEL = 16; // columns for the name of a step
const TEXT = WIDTH - MARGIN.length - LABEL; // for what it did
const TIME = 8; // of these, for how long that took, where it is shown
const NAME = 20; // at most, for the name of a detail; a longer one has a line of its own
const GAP = "   "; // between the columns of the table

// Scripts and signs that take two columns each.
const WIDE = /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}/u;

/** What servers and tokens say is shown as text: no control character of theirs reaches the terminal. */
const printable = (text) => text.replaceAll(/[\u0000-\u001f\u007f-\u009f]+/g, " ");

const columnsOf = (text) => [...text].reduce((sum, character) => sum + (WIDE.test(character) ? 2 : 1), 0);
const pad = (text, width) => text + " ".repeat(Math.max(0, width - columnsOf(text)));

function duration(milliseconds) {
  if (milliseconds === undefined) return "";
  if (milliseconds >= 9999.5) return `${(milliseconds / 1000).toFixed(1)} s`;
  return `${milliseconds < 9.95 ? milliseconds.toFixed(1) : Math.round(milliseconds)} ms`;
}

export function title(text) {
  console.log("");
  for (const part of wrap(text, WIDTH)) line([part, bold]);
}

/** One step: its name, what it did, its time; details as rows of [name, value], below or, without a text, beside the name. */
export function step(label, text, time, details = []) {
  rows([label, cyan], text, time, details);
}

/** A step that could not be done, and why. */
export function failedStep(text) {
  rows(["✗ failed", red], text, undefined, []);
}

/** The one line that says why the demo, or one runtime of it, ended badly. */
export function failed(text) {
  console.error(`${redOnError("✗")} ${printable(text)}`);
}

/** @param {{ name: string, ok: boolean, times: (number | undefined)[] }[]} runtimes one time per column but the first and last */
export function table(columns, runtimes) {
  const cells = [columns, ...runtimes.map(({ name, ok, times }) => [name, ...times.map((time) => duration(time) || "–"), ok ? "✓ passed" : "✗ failed"])];
  const widths = columns.map((_, column) => Math.max(...cells.map((row) => row[column].length)));
  const total = () => widths.reduce((sum, width) => sum + width, GAP.length * (widths.length - 1));
  widths[0] -= Math.max(0, MARGIN.length + total() - WIDTH);
  const last = columns.length - 1;
  const aligned = (cell, column) => {
    if (column === 0 && cell.length > widths[0]) return `${cell.slice(0, widths[0] - 1)}…`;
    return column === 0 || column === last ? cell.padEnd(widths[column]) : cell.padStart(widths[column]);
  };

  console.log("");
  for (const [index, row] of cells.entries()) {
    const texts = row.map(aligned);
    const result = index === 0 ? bold : runtimes[index - 1].ok ? green : red;
    line([MARGIN], [texts.slice(0, last).join(GAP) + GAP, index === 0 ? bold : plain], [texts[last], result]);
    if (index === 0) line([MARGIN], ["─".repeat(total()), dim]);
  }
  console.log("");
}

function rows(label, text, time, details) {
  const texts = wrap(printable(text), time === undefined ? TEXT : TEXT - TIME).map((part) => [[part]]);
  if (time !== undefined) {
    texts[0] = [[pad(texts[0][0][0], TEXT - TIME)], [duration(time).padStart(TIME), dim]];
  }
  const lines = [...(text ? texts : []), ...detailLines(details)];
  for (const [index, cells] of (lines.length > 0 ? lines : [[]]).entries()) {
    const [name, paint] = index === 0 ? label : [""];
    line([MARGIN], [pad(name, LABEL), paint], ...cells);
  }
}

function detailLines(details) {
  const shown = details.map(([name, value]) => [printable(name), printable(typeof value === "string" ? value : JSON.stringify(value))]);
  const width = Math.max(0, ...shown.map(([name]) => columnsOf(name)).filter((columns) => columns <= NAME)) + 2;
  return shown.flatMap(([name, value]) => {
    const names = columnsOf(name) <= NAME ? [] : wrap(name, TEXT).map((part) => [[part, dim]]);
    const values = wrap(value, TEXT - width).map((part, index) => [[pad(index === 0 && names.length === 0 ? name : "", width), dim], [part]]);
    return [...names, ...values];
  });
}

/** A text in lines of at most `width` columns: broken at a space where there is one, and where there is none, anywhere. */
function wrap(text, width) {
  const lines = [];
  let rest = text;
  while (columnsOf(rest) > width) {
    let fits = "";
    for (const character of rest) {
      if (fits && columnsOf(fits + character) > width) break;
      fits += character;
    }
    // The space after the last word that fits may be the first character that does not.
    const space = rest[fits.length] === " " ? fits.length : fits.lastIndexOf(" ");
    const end = space > 0 ? space : fits.length;
    lines.push(rest.slice(0, end).trimEnd());
    rest = rest.slice(end).trimStart();
  }
  return [...lines, rest];
}

/** Prints cells of [text, colour] as a line without spaces at its end, be they coloured or not. */
function line(...cells) {
  while (cells.length > 0 && cells.at(-1)[0].trim() === "") cells.pop();
  const last = cells.length - 1;
  console.log(cells.map(([text, paint = plain], index) => paint(index === last ? text.trimEnd() : text)).join(""));
}
