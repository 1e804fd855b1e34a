// Many connections to a server, opened before they are needed: a burst of requests then arrives at once, and what is
// measured is the server. One request at a time on each.

import { createConnection } from "node:net";
import { once } from "node:events";

/** A request that takes longer hangs. */
const ANSWER_TIMEOUT = 20_000;

/** @returns {Promise<Connection[]>} */
export function connect(port, count) {
  return Promise.all(Array.from({ length: count }, () => Connection.open(port)));
}

class Connection {
  closed = false;
  #socket;
  #answer;

  static async open(port) {
    const connection = new Connection();
    const socket = createConnection({ port, host: "127.0.0.1", noDelay: true });
    await once(socket, "connect");
    connection.#socket = socket;
    let text = "";
    socket.setEncoding("utf8");
    socket.on("data", (chunk) => {
      text += chunk;
      const answer = parse(text);
      if (!answer) return;
      text = "";
      connection.#answer?.(answer);
    });
    socket.on("error", () => {}); // told by `close`
    socket.on("close", () => {
      connection.closed = true;
      connection.#answer?.({ status: 0, text: "the connection was closed" });
    });
    return connection;
  }

  /**
   * Posts a body.
   * @returns {Promise<{ status: number, text: string, milliseconds: number }>} never rejects: without an answer the status is 0
   */
  post(path, body = "") {
    const began = performance.now();
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#answer({ status: 0, text: "hangs" }), ANSWER_TIMEOUT);
      this.#answer = ({ status, text }) => {
        this.#answer = undefined;
        clearTimeout(timer);
        resolve({ status, text, milliseconds: performance.now() - began });
      };
      this.#socket.write(`POST ${path} HTTP/1.1\r\nhost: worker\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
    });
  }

  /** As a client that vanishes: workerd does not notice a plain end. */
  reset() {
    this.#socket.resetAndDestroy();
  }

  close() {
    this.#socket.destroy();
  }
}

/** The status and the body, once they are complete. The servers that are asked here state a length. */
function parse(text) {
  const end = text.indexOf("\r\n\r\n");
  if (end < 0) return undefined;
  const length = /\r\ncontent-length: *(\d+)/i.exec(text.slice(0, end))?.[1];
  if (length === undefined) return { status: 0, text: `an answer without a length: ${text.slice(0, 300)}` };
  const body = text.slice(end + 4);
  if (Buffer.byteLength(body) < Number(length)) return undefined;
  return { status: Number(text.split(" ", 2)[1]), text: body };
}
