// What was measured, as tables: the ratio first.

export const number = (value) => (value >= 99.5 ? String(Math.round(value)).replaceAll(/\B(?=(\d{3})+$)/g, " ") : String(Number(value.toPrecision(value >= 9.95 ? 3 : 2))));
const spread = ({ median, low, high, wide }) => `${number(median)}${low === high ? "" : ` (${number(low)} to ${number(high)})`}${wide ? " wide" : ""}`;

/** How many times as long, as much or as many as gatepass. */
export const ratioOf = ({ ratio = 1, uncertain }) => `${uncertain ? "~" : ""}${number(ratio)}`;

/** Whether a peer does the work, and does it with less than gatepass. */
export const isAhead = ({ kind, ratio, failed }) => kind === "peer" && ratio < 1 && !failed;
const ahead = (row) => (isAhead(row) ? " ahead" : "");

const compared = (point) => `${point.ratio === undefined ? "" : `${ratioOf(point)}×${ahead(point)}, `}${spread(point)}`;

/** @returns {{ title: string, columns: string[], rows: string[][] }[]} */
export function tablesOf({ blocks = [], curves = [] }) {
  return [
    ...blocks.flatMap(({ name, unit, columns }) => columns.map((column) => ({
      title: `${name}, ${column.name}`,
      columns: ["", "× gatepass", unit, ""],
      rows: column.rows.map((row) => (row.absent === undefined
        ? [row.name, `${ratioOf(row)}${ahead(row)}`, spread(row), row.failed ? `${number(row.failed)} callers got no token` : ""]
        : [row.name, "–", "–", "does not run here"])),
    }))),
    ...curves.map(({ name, x, unit, series }) => ({
      title: `${name}, ${unit}`,
      columns: [x, ...series.map((one) => one.name)],
      rows: [...new Set(series.flatMap(({ points }) => points.map((point) => point.x)))].sort((a, b) => a - b).map((size) => [
        number(size), ...series.map(({ points }) => points.find((point) => point.x === size)).map((point, index) => (point ? compared({ ...point, kind: series[index].kind }) : "–")),
      ]),
    })),
  ];
}

/** For a terminal. */
export function asText({ title, columns, rows }) {
  const lines = [columns, ...rows];
  const widths = columns.map((_, index) => Math.max(...lines.map((cells) => cells[index].length)));
  return [title, ...lines.map((cells) => `  ${cells.map((cell, index) => (index === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[index]))).join("   ").trimEnd()}`)].join("\n");
}

export function asMarkdown({ columns, rows }) {
  const line = (cells) => `| ${cells.join(" | ")} |`;
  return [line(columns), line(columns.map((_, index) => (index === 0 ? "---" : "---:"))), ...rows.map(line)].join("\n");
}

/** When, on what and beside what it was measured. */
export function circumstances({ date, gatepass, machine: { cpu, cores, os, architecture }, load, shared, versions }) {
  const peers = Object.entries(versions).map(([name, version]) => `${name} ${version}`).join(", ");
  return `gatepass ${gatepass} on ${date}; ${cpu}, ${cores} cores, ${os}, ${architecture}; load average ${load.before} before and ${load.after} after${shared ? ", on a machine that others used meanwhile" : ""}.${peers ? ` Beside ${peers}.` : ""}`;
}
