// The yardstick: from the import of jose, which is plain JavaScript, to the end of a call that is next to no work.

// As in gatepass.mjs: both processes have loaded the same code of the host when the clock starts.
Response.json({});

const began = performance.now();
const { base64url } = await import("jose");
const imported = performance.now();
const text = base64url.encode("first call");
const done = performance.now();

if (text !== "Zmlyc3QgY2FsbA") throw new Error(`jose made ${text}`);
console.log(JSON.stringify({ imported: imported - began, done: done - began }));
