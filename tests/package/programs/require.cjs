// `require()`, in CommonJS. It gives the very library that `import` gives, so there is one memory for tokens.

const gatepass = require("gatepass");

async function main() {
  const [{ equal }, { use }, imported] = await Promise.all([import("./assert.mjs"), import("./use.mjs"), import("gatepass")]);
  for (const name of Object.keys(imported)) equal(gatepass[name], imported[name], `${name} required and imported`);
  await use(gatepass);
  console.log("ok");
}

main();
