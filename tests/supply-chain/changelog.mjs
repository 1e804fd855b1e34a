// What a release asks of CHANGELOG.md.

import { notesOf, problemsOfRelease } from "../../pkg-template/changelog.mjs";
import { equal, includes, same } from "../runtimes/assert.mjs";

/** @param {(what: string, body: () => void) => Promise<boolean>} test */
export async function checkChangelogRule(test) {
  const ready = "# Changelog\n\n## Unreleased\n\n## 1.2.0 - 2026-11-25\n\n- New.\n\n## 1.1.0 - 2026-10-01\n\n- Old.\n";

  await test("a version whose changes have a section with its date can be released, and the section is what is told of it", () => {
    same(problemsOfRelease(ready, "1.2.0"), [], "problems");
    equal(notesOf(ready, "1.2.0"), "- New.", "what is told");
  });

  await test("a version cannot be released without a section of its own, or while there are changes under Unreleased", () => {
    const refused = {
      "changes under Unreleased": ready.replace("## Unreleased\n", "## Unreleased\n\n- Newer.\n"),
      'the newest section of CHANGELOG.md is "1.1.0 - 2026-10-01", and Cargo.toml says 1.2.0': ready.replace(/## 1\.2\.0[^]*(?=## 1\.1)/, ""),
      "has no date": ready.replace("1.2.0 - 2026-11-25", "1.2.0"),
      "is empty": ready.replace("- New.\n", ""),
      'does not start with "## Unreleased"': ready.replace("## Unreleased\n\n", ""),
    };
    for (const [problem, changelog] of Object.entries(refused)) includes(problemsOfRelease(changelog, "1.2.0").join("\n"), problem, "problems");
  });
}
