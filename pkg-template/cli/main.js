#!/usr/bin/env node
// The command line: picks the command, and turns whatever goes wrong into words and an exit code.

import { readFileSync } from "node:fs";
import { call } from "./call.js";
import { decode } from "./decode.js";
import { doctor } from "./doctor.js";
import { EXIT, PROGRAM, UsageError } from "./exit.js";
import { explain } from "./failure.js";
import { COMMON, GLOBAL, nearest, parse } from "./flags.js";
import { commandHelp, overview } from "./help.js";
import * as terminal from "./terminal.js";
import { token } from "./token.js";
import { verify } from "./verify.js";

const COMMANDS = { token, call, verify, decode, doctor };

async function main(args) {
  const [name, ...rest] = args;
  // Before the flags are read: their mistakes are to be told in the colours that were asked for.
  terminal.chooseColours(args);
  if (name === undefined) {
    await terminal.error(overview(COMMANDS));
    return EXIT.usage;
  }
  if (["help", "--help", "-h"].includes(name)) return help(rest[0]);
  if (["--version", "-V"].includes(name)) {
    await terminal.print(`${version()}\n`);
    return EXIT.ok;
  }
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (!command) throw unknownCommand(name);
  const flags = { ...GLOBAL, ...command.flags };
  const { values, positionals } = parse(rest, flags, name);
  if (values.help) return help(name);
  if (values.version) {
    await terminal.print(`${version()}\n`);
    return EXIT.ok;
  }
  const [least, most] = command.operands;
  if (positionals.length < least) throw new UsageError(`${name} needs ${command.usage.split(" ")[0]}`, `${PROGRAM} ${name} --help`);
  if (positionals.length > most) throw new UsageError(`${name} takes ${most === 0 ? "no arguments" : "one argument"}, and there ${most === 0 ? "is one" : "are more"}`, `${PROGRAM} ${name} --help`);
  return command.run(values, positionals);
}

async function help(name) {
  if (name !== undefined && !Object.hasOwn(COMMANDS, name)) throw unknownCommand(name);
  await terminal.print(name === undefined ? overview(COMMANDS) : commandHelp(name, COMMANDS[name], COMMON));
  return EXIT.ok;
}

function unknownCommand(name) {
  const near = nearest(name, Object.keys(COMMANDS));
  // Not what was written: it may be a token.
  return new UsageError(near ? `there is no command ${terminal.plain(name)}` : "there is no such command", near ? `did you mean ${near}?` : `${PROGRAM} --help lists them`);
}

function version() {
  return JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")).version;
}

async function end(failure, code) {
  terminal.endProgress();
  if (failure === undefined) return process.exit(code);
  const { exit, text } = explain(failure);
  await terminal.error(text);
  process.exit(exit);
}

process.on("SIGINT", () => {
  terminal.endProgress();
  process.exit(EXIT.interrupted);
});
process.on("uncaughtException", (error) => end(error));
process.on("unhandledRejection", (error) => end(error));
main(process.argv.slice(2)).then((code) => end(undefined, code), (error) => end(error ?? new Error("nothing was thrown")));
