// `gatepass token`: gets a token and prints it.

import { EXIT, PROGRAM } from "./exit.js";
import { CLIENT, SERVER, SOURCES } from "./flags.js";
import { duration } from "./jwt.js";
import { clientOf } from "./settings.js";
import * as terminal from "./terminal.js";

export const token = {
  usage: "",
  summary: "Get an access token and print it.",
  operands: [0, 0],
  flags: {
    header: { type: "boolean", help: "print a header line for curl: Authorization: Bearer ..." },
    json: { type: "boolean", help: "print access_token, token_type, expires_at, expires_in and scope as JSON" },
    ...SERVER,
    ...CLIENT,
    ...SOURCES,
  },
  examples: [
    "gatepass token --domain tenant.login3.example --client-id ID --client-secret-file secret.txt --audience https://api.example",
    'curl -H "$(gatepass token --header)" https://api.example/orders',
    "gatepass token | gatepass decode -",
  ],

  async run(values) {
    const { client } = await clientOf(values);
    const got = await terminal.during("asking for a token", () => client.getToken());
    // It goes to the standard output, and nowhere else.
    terminal.hideToken(got.accessToken);
    const { accessToken, authorization, tokenType, expiresAt, scope } = got;
    const expiresIn = Math.round((expiresAt - Date.now()) / 1000);
    const { dim } = terminal.styles(process.stderr);
    if (values.header && tokenType === "DPoP") await terminal.warn(`a DPoP token needs a proof with each request: ${PROGRAM} call makes them`);
    if (values.json) {
      const members = { access_token: accessToken, token_type: tokenType, expires_at: expiresAt.toISOString(), expires_in: expiresIn, ...(scope !== undefined && { scope }) };
      await terminal.print(`${JSON.stringify(members, null, 2)}\n`);
    } else {
      await terminal.print(`${values.header ? `Authorization: ${authorization}` : accessToken}\n`);
    }
    if (process.stderr.isTTY && process.stdout.isTTY) {
      await terminal.error(dim(`${tokenType}, ends in ${duration(expiresIn)}${scope ? `, scope ${terminal.plain(scope)}` : ""}\n`));
    }
    return EXIT.ok;
  },
};
