// Node.js, Deno, Bun: many calls of a module's `one(config, number)`, the first alone, the others so many at a time. Prints
// what each came to, as one line of JSON.

const { module, config, count, atOnce } = JSON.parse(globalThis.Deno?.args[0] ?? globalThis.process.argv[2]);
const { one } = await import(`./${module}.mjs`);

const results = [await one(config, 0)];
let next = 1;
await Promise.all(Array.from({ length: atOnce }, async () => {
  while (next < count) {
    const number = next++;
    results[number] = await one(config, number);
  }
}));
console.log(JSON.stringify(results));
