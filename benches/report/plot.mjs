// What was measured, as an SVG that is read on light and on dark: bars with a column for each runtime, or curves.

import { isAhead, number, ratioOf } from "./table.mjs";

const STYLE = `
  svg { color-scheme: light dark; }
  text { font: 12px system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; fill: #24292f; paint-order: stroke; stroke: #ffffff; stroke-width: 3px; }
  .title { font-size: 16px; font-weight: 600; }
  .head { font-weight: 600; }
  .small { font-size: 11px; fill: #57606a; }
  .paper { fill: #ffffff; }
  .grid { stroke: #d0d7de; stroke-width: 1; }
  .axis { stroke: #8c959f; stroke-width: 1; }
  .gatepass { fill: #0969da; } .peer { fill: #9a6700; } .host { fill: #8c959f; }
  .spread { stroke: #24292f; stroke-width: 1.2; fill: none; }
  .wide { fill-opacity: 0.45; }
  .line { fill: none; stroke-width: 2; }
  .s0 { stroke: #0969da; } .s1 { stroke: #54aeff; } .s2 { stroke: #bc4c00; } .s3 { stroke: #8250df; } .s4 { stroke: #1a7f37; } .s5 { stroke: #8c959f; }
  .f0 { fill: #0969da; } .f1 { fill: #54aeff; } .f2 { fill: #bc4c00; } .f3 { fill: #8250df; } .f4 { fill: #1a7f37; } .f5 { fill: #8c959f; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3; stroke: #0d1117; } .small { fill: #9198a1; } .paper { fill: #0d1117; } .grid { stroke: #30363d; } .axis { stroke: #6e7681; }
    .gatepass { fill: #4493f8; } .peer { fill: #d29922; } .host { fill: #6e7681; } .spread { stroke: #e6edf3; }
    .s0 { stroke: #4493f8; } .s1 { stroke: #a5d6ff; } .s2 { stroke: #f0883e; } .s3 { stroke: #bc8cff; } .s4 { stroke: #3fb950; } .s5 { stroke: #8c959f; }
    .f0 { fill: #4493f8; } .f1 { fill: #a5d6ff; } .f2 { fill: #f0883e; } .f3 { fill: #bc8cff; } .f4 { fill: #3fb950; } .f5 { fill: #8c959f; }
  }`;

const ROW = 20;
/** Room for what stands right of a bar. */
const LABEL = 140;
const NAMES = 250;
const MARGIN = 16;

export function plot(result) {
  const { width, height, parts } = result.curves ? curves(result.curves) : bars(result.blocks);
  const notes = [
    result.curves ? "Median of the rounds; the thin bars are the middle half of them, a hollow point a wide spread. Less is better. Both axes are logarithmic."
      : "Median of the rounds; the thin line is the middle half of them, a pale bar a wide spread. × is how many times gatepass's, ~ where that varies widely, in bold where a peer is ahead. Less is better.",
    `gatepass ${result.gatepass}, ${result.date}, ${result.machine.cpu}, ${result.machine.cores} cores${result.shared ? ", shared with others" : ""}; make bench FAMILY=${result.family}`,
  ];
  const total = height + 64;
  const whole = Math.max(width, Math.max(...notes.map((note) => note.length)) * 6 + 2 * MARGIN);
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${whole} ${total}" width="${whole}" height="${total}" role="img" aria-label="${escape(result.title)}">
<style>${STYLE}
</style>
<rect class="paper" width="${whole}" height="${total}"/>
${text(MARGIN, 26, result.title, "title")}
${parts.join("\n")}
${notes.map((note, index) => text(MARGIN, height + 24 + index * 18, note, "small")).join("\n")}
</svg>
`;
}

function bars(blocks) {
  const columns = [...new Set(blocks.flatMap((block) => block.columns.map(({ name }) => name)))];
  const panel = columns.length === 1 ? 560 : columns.length === 2 ? 400 : 270;
  const width = NAMES + columns.length * panel + MARGIN;
  const parts = columns.map((name, index) => text(NAMES + index * panel, 52, name, "head"));
  let top = 62;
  for (const { name: block, unit, columns: found } of blocks) {
    const names = [...new Set(found.flatMap(({ rows }) => rows.map((row) => row.name)))];
    const values = found.flatMap(({ rows }) => rows.flatMap((row) => (row.absent === undefined ? [row.median, row.high] : [])));
    const smallest = Math.min(...found.flatMap(({ rows }) => rows.flatMap((row) => (row.absent === undefined ? [row.low] : []))));
    const isLog = Math.max(...values) > 20 * Math.max(smallest, 1e-3);
    const scale = scaleOf(isLog, smallest, Math.max(...values), panel - LABEL - 12);
    parts.push(text(MARGIN, top + 14, `${block}, ${unit}${isLog ? " (logarithmic)" : ""}`, "head"));
    const [first, last] = [top + 24, top + 24 + names.length * ROW];
    names.forEach((name, index) => parts.push(text(NAMES - 10, first + index * ROW + 14, name, undefined, "end")));
    for (const [index, column] of columns.entries()) {
      const rows = found.find(({ name }) => name === column)?.rows;
      if (!rows) continue;
      const left = NAMES + index * panel;
      for (const tick of scale.ticks) {
        parts.push(line(left + scale.at(tick), first, left + scale.at(tick), last, "grid"), text(left + scale.at(tick), last + 13, number(tick), "small", "middle"));
      }
      parts.push(line(left, first, left, last, "axis"));
      names.forEach((name, place) => {
        const row = rows.find((one) => one.name === name);
        const y = first + place * ROW;
        if (!row) return;
        if (row.absent !== undefined) return parts.push(text(left + 6, y + 14, "does not run here", "small"));
        const end = scale.at(row.median);
        parts.push(`<rect class="${row.kind}${row.wide ? " wide" : ""}" x="${left}" y="${y + 4}" width="${round(Math.max(1, end))}" height="${ROW - 8}"/>`);
        if (row.high > row.low) parts.push(line(left + scale.at(row.low), y + ROW / 2, left + scale.at(row.high), y + ROW / 2, "spread"));
        const ratio = row.ratio === undefined ? "" : `${ratioOf(row)}× · `;
        const after = Math.max(end, scale.at(row.high)) + 5;
        parts.push(text(left + after, y + 14, `${ratio}${number(row.median)}${row.failed ? `, ${number(row.failed)} fail` : ""}`, isAhead(row) ? "head" : "small"));
      });
    }
    top = last + 32;
  }
  return { width, height: top, parts };
}

function curves(found) {
  const [panel, height] = [430, 300];
  const parts = [];
  const legend = Math.max(...found.map(({ series }) => series.length)) * 17;
  found.forEach(({ name, x: label, unit, series }, index) => {
    const left = index * (panel + 20) + 70;
    const [top, wide] = [70, panel - 80];
    const points = series.flatMap((one) => one.points);
    const x = scaleOf(true, Math.min(...points.map((point) => point.x)), Math.max(...points.map((point) => point.x)), wide, 0);
    const y = scaleOf(true, Math.min(...points.map(({ low }) => low)), Math.max(...points.map(({ high }) => high)), height);
    parts.push(text(left, 54, name, "head"));
    for (const tick of x.ticks) parts.push(line(left + x.at(tick), top, left + x.at(tick), top + height, "grid"), text(left + x.at(tick), top + height + 16, number(tick), "small", "middle"));
    for (const tick of y.ticks) parts.push(line(left, top + height - y.at(tick), left + wide, top + height - y.at(tick), "grid"), text(left - 6, top + height - y.at(tick) + 4, number(tick), "small", "end"));
    parts.push(line(left, top + height, left + wide, top + height, "axis"), line(left, top, left, top + height, "axis"));
    parts.push(text(left + wide / 2, top + height + 34, label, "small", "middle"));
    parts.push(`<text class="small" text-anchor="middle" transform="translate(${left - 52} ${top + height / 2}) rotate(-90)">${escape(unit)}</text>`);
    series.forEach((one, place) => {
      const at = one.points.map((point) => [left + x.at(point.x), top + height - y.at(point.median)]);
      parts.push(`<polyline class="line s${place}" points="${at.map((pair) => pair.map(round).join(",")).join(" ")}"/>`);
      one.points.forEach((point, number_) => {
        const [px, py] = at[number_];
        parts.push(line(px, top + height - y.at(point.low), px, top + height - y.at(point.high), `s${place}`));
        parts.push(`<circle class="${point.wide ? "paper" : `f${place}`} s${place}" cx="${round(px)}" cy="${round(py)}" r="3.2" stroke-width="1.5"/>`);
      });
      const below = top + height + 58 + place * 17;
      parts.push(line(left, below - 4, left + 22, below - 4, `line s${place}`), text(left + 30, below, one.name, "small"));
    });
  });
  return { width: found.length * (panel + 20) + 40, height: 70 + height + 50 + legend, parts };
}

/** Places of values between 0 and `length`, and values that get a line. A logarithmic scale begins and ends with a power of ten. */
function scaleOf(isLog, smallest, largest, length, margin = 0.01) {
  if (!isLog) {
    const step = [1, 2, 5].flatMap((digit) => Array.from({ length: 14 }, (_, power) => digit * 10 ** (power - 5))).sort((a, b) => a - b).find((size) => largest / size <= 3);
    const most = largest * 1.02;
    const ticks = Array.from({ length: Math.floor(most / step) + 1 }, (_, index) => index * step);
    return { ticks, at: (value) => (value / most) * length };
  }
  const from = Math.floor(Math.log10(Math.max(smallest, 1e-3)) - margin);
  const to = Math.max(from + 1, Math.ceil(Math.log10(largest) - 0.001));
  const every = Math.ceil((to - from) / (length / 45));
  const ticks = Array.from({ length: to - from + 1 }, (_, index) => index).filter((index) => index % every === 0).map((index) => Number((10 ** (from + index)).toPrecision(1)));
  return { ticks, at: (value) => Math.max(0, ((Math.log10(Math.max(value, 1e-3)) - from) / (to - from)) * length) };
}

const round = (value) => Number(value.toFixed(1));
const escape = (value) => value.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
const line = (x1, y1, x2, y2, style) => `<line class="${style}" x1="${round(x1)}" y1="${round(y1)}" x2="${round(x2)}" y2="${round(y2)}"/>`;
const text = (x, y, value, style, anchor) => `<text x="${round(x)}" y="${round(y)}"${style ? ` class="${style}"` : ""}${anchor ? ` text-anchor="${anchor}"` : ""}>${escape(value)}</text>`;
