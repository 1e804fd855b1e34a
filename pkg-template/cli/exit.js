// The exit codes (docs/command-line.md), the mistake that anything here can throw, and what to type for this program.

/** Beside a project that has the package only npx knows where it is; it tells its programs so. */
export const PROGRAM = process.env.npm_command === "exec" ? "npx gatepass" : "gatepass";

export const EXIT = {
  ok: 0,
  /** `doctor`: a check has failed. */
  unwell: 1,
  /** Flags, settings or files are wrong. Nothing was sent. */
  usage: 2,
  /** The authorization server refuses. */
  refused: 3,
  /** No usable answer of a server. */
  unavailable: 4,
  /** The token is not acceptable. */
  unacceptable: 5,
  /** `call`: the API answered with a status of 400 or above. */
  api: 6,
  /** A mistake of gatepass itself. */
  unexpected: 70,
  /** The output cannot be written, as on a full disk. */
  unwritable: 74,
  interrupted: 130,
  /** Nobody reads the output any more. */
  unread: 141,
};

/** A mistake of the user: `message` says what, `todo` what to do about it. */
export class UsageError extends Error {
  constructor(message, todo) {
    super(message);
    this.todo = todo;
  }
}
