// What the judge of a soak finds: everything it is there for, and nothing in what is well.

import { ok, same } from "../runtimes/assert.mjs";
import { AFTERMATH, HANGS, isExplained, judge } from "./judge.mjs";

const STATE = { pages: 20, rss: 100_000_000 };
const WELL = { requests: 10, longest: 50, unexplained: {}, complaints: [], warm: STATE, end: STATE };
const found = (changes, rest = {}) => judge({ members: { node: { ...WELL, ...changes } }, tokenRequests: 5, ideal: { least: 1, most: 9 }, ...rest });

const WRONG = {
  "no answer at all": [{ requests: 0 }],
  "a caller who hangs": [{ longest: HANGS + 1 }],
  "an error that no fault explains": [{ unexplained: { "token timeout": 1 } }],
  "what a member prints": [{ complaints: ["Uncaught"] }],
  "wasm memory that grows": [{ end: { ...STATE, pages: 30 } }],
  "a process that grows": [{ end: { ...STATE, rss: 300_000_000 } }],
  "token requests that nobody needs": [{}, { tokenRequests: 10 }],
  "tokens that are never renewed": [{}, { tokenRequests: 0 }],
};

export async function checkJudge(test) {
  await test("the judge finds nothing in what is well", () => same(found({}), [], "problems"));
  for (const [what, wrong] of Object.entries(WRONG)) {
    await test(`the judge finds ${what}`, () => same(found(...wrong).length, 1, "problems"));
  }
  await test("an error is explained by a fault of its own part, at its time", () => {
    const faults = [{ part: "api", from: 1_000, until: 2_000 }];
    const explained = (error, began) => isExplained(error, { began, ended: began + 10 }, faults);
    ok(explained({ step: "api", code: "503" }, 1_500), "during the fault");
    ok(explained({ step: "api", code: "network_error" }, 2_000 + AFTERMATH - 1), "shortly after it");
    ok(!explained({ step: "api", code: "503" }, 2_000 + AFTERMATH), "later");
    ok(!explained({ step: "api", code: "503" }, 900), "before it");
    ok(!explained({ step: "api", code: "401" }, 1_500), "another error");
    ok(!explained({ step: "token", code: "network_error" }, 1_500), "another step");
  });
}
