import { failure, run } from "./client.mjs";

const report = (step) => console.log(JSON.stringify(step));

await run(Bun.env, report).catch((error) => report(failure(error)));
