// The texts of --help, made of the same tables that the flags are read by.

import { PROGRAM } from "./exit.js";
import { styles } from "./terminal.js";

const WIDTH = 34;

export function overview(commands) {
  const { bold, dim, cyan } = styles(process.stdout);
  const rows = Object.entries(commands).map(([name, { usage, summary }]) => `  ${cyan(`${name} ${usage}`.trim().padEnd(18))} ${summary}`);
  return [
    `${bold("gatepass")} ${dim("machine-to-machine access tokens")}`,
    "",
    `${bold("Usage")}  ${PROGRAM} COMMAND [flags]`,
    "",
    ...rows,
    "",
    `Settings come from flags, then variables ${cyan("GATEPASS_*")}, then a file ${cyan(".env")}.`,
    `${cyan(`${PROGRAM} COMMAND --help`)} has the flags of a command. Something does not work? ${cyan(`${PROGRAM} doctor`)}`,
    "",
  ].join("\n");
}

export function commandHelp(name, { usage, summary, details = [], examples, flags }, groups) {
  const { bold, cyan, dim } = styles(process.stdout);
  const shared = new Set(Object.values(groups).flatMap(Object.keys));
  const own = Object.fromEntries(Object.entries(flags).filter(([flag]) => !shared.has(flag) || flags[flag].own));
  const lines = [`${bold("Usage")}  ${PROGRAM} ${name} ${[usage, "[flags]"].filter(Boolean).join(" ")}`, "", summary, ...details, ""];
  for (const [title, group] of [["Flags", own], ...Object.entries(groups)]) {
    const rows = Object.entries(group).filter(([flag]) => title === "Flags" || title === "General" || (flags[flag] && !flags[flag].own));
    if (rows.length === 0) continue;
    lines.push(bold(title), ...rows.map(([flag, what]) => row(flag, what, cyan, dim)), "");
  }
  lines.push(bold("Examples"), ...examples.map((example) => `  ${example.replace(/\bgatepass (?=[a-z])/g, `${PROGRAM} `)}`), "");
  return lines.join("\n");
}

function row(name, { short, value, help, env }, cyan, dim) {
  const written = `${short ? `-${short}, ` : "    "}--${name}${value ? ` ${value}` : ""}`;
  const variable = env ? dim(` [GATEPASS_${name.toUpperCase().replaceAll("-", "_")}]`) : "";
  return `  ${cyan(written.padEnd(WIDTH))} ${help}${variable}`;
}
