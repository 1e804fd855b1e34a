// `require()` of the stores gives what `import` gives.

const stores = ["cache-api", "deno-kv", "durable-object", "redis", "workers-kv"];

async function main() {
  const { equal } = await import("./assert.mjs");
  for (const store of stores) {
    const required = require(`gatepass/stores/${store}`);
    const imported = await import(`gatepass/stores/${store}`);
    for (const name of Object.keys(imported)) equal(required[name], imported[name], `${name} required and imported`);
  }
  console.log("ok");
}

main();
