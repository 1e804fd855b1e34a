import { failure, run } from "./client.mjs";

const report = (step) => console.log(JSON.stringify(step));

await run(process.env, report).catch((error) => report(failure(error)));
