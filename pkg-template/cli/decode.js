// `gatepass decode`: shows what a token says, without believing it.

import { EXIT, PROGRAM, UsageError } from "./exit.js";
import { moment, readJwt, tokenFrom } from "./jwt.js";
import * as terminal from "./terminal.js";

const DATES = { iat: "issued", nbf: "valid from", exp: "ends" };

export const decode = {
  usage: "TOKEN",
  summary: "Show header and claims of a JWT, not verified. Asks nobody.",
  details: ["TOKEN may be - for the standard input, which keeps it out of the shell's history."],
  operands: [1, 1],
  flags: { json: { type: "boolean", help: "print verified (always false), header and claims as JSON" } },
  examples: ["gatepass token | gatepass decode -", "gatepass decode eyJhbGciOi..."],

  async run(values, [operand]) {
    const token = await tokenFrom(operand);
    const read = readJwt(token);
    if (!read) {
      const isEncrypted = token.split(".").length === 5;
      throw Object.assign(new UsageError(isEncrypted ? "the token is encrypted (JWE): only its API can read it" : "this is not a JWT: it may be opaque, or cut off"), { exit: EXIT.unacceptable });
    }
    if (values.json) {
      await terminal.report(`${terminal.json({ verified: false, ...read })}\n`);
      return EXIT.ok;
    }
    const { bold, yellow, dim, red } = terminal.styles(process.stdout);
    const now = Date.now() / 1000;
    const dates = Object.entries(DATES).filter(([name]) => name in read.claims).map(([name, what]) => {
      const line = `  ${what.padEnd(11)} ${terminal.plain(moment(read.claims[name], now))}`;
      return name === "exp" && read.claims.exp < now ? red(line) : line;
    });
    await terminal.report([
      `${yellow("not verified")} ${dim(`anybody could have written this; ${PROGRAM} verify checks it`)}`,
      "",
      bold("header"),
      terminal.json(read.header),
      bold("claims"),
      terminal.json(read.claims),
      ...(dates.length > 0 ? [bold("times"), ...dates] : []),
      "",
    ].join("\n"));
    return EXIT.ok;
  },
};
