// What the bundle takes for granted of its hosts, and browsers do not keep.

import { equal } from "../assert.mjs";
import { test } from "./define.mjs";

// One decoder reads all that wasm says to JavaScript, for as long as an isolate lives.
test("the host's text decoder still reads after more than 2 GB", () => {
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  const chunk = new Uint8Array(2 ** 20).fill(97);
  for (let megabytes = 0; megabytes < 2_200; megabytes += 1) equal(decoder.decode(chunk).length, chunk.length, "characters");
  equal(decoder.decode(new TextEncoder().encode("é")), "é", "a text");
});

test("the host's text encoder writes into memory that is there", () => {
  const memory = new Uint8Array(8);
  const { read, written } = new TextEncoder().encodeInto("aé", memory);
  equal([read, written, ...memory.subarray(0, 3)].join(" "), "2 3 97 195 169", "what was read and written");
});
