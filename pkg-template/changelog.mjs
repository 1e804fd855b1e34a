// What CHANGELOG.md must look like: always, and when a version is released.

const SECTION = /^## (?<title>.+)\n(?<body>[^]*?)(?=^## |(?![^]))/gm;

const sections = (changelog) => [...changelog.matchAll(SECTION)].map(({ groups }) => ({ title: groups.title, body: groups.body.trim() }));

/** What is wrong with it for a release of this version, line by line. */
export function problemsOfRelease(changelog, version) {
  const [unreleased, newest] = sections(changelog);
  const problems = [];
  if (unreleased?.title !== "Unreleased") problems.push('CHANGELOG.md does not start with "## Unreleased"');
  else if (unreleased.body !== "") problems.push(`CHANGELOG.md has changes under Unreleased: give them a section "## ${version} - YYYY-MM-DD"`);
  const [, title, date] = /^(\S+)(?: - (\d{4}-\d{2}-\d{2}))?$/.exec(newest?.title ?? "") ?? [];
  if (title !== version) problems.push(`the newest section of CHANGELOG.md is ${newest ? `"${newest.title}"` : "missing"}, and Cargo.toml says ${version}`);
  else if (date === undefined || Number.isNaN(Date.parse(date))) problems.push(`the section "${newest.title}" of CHANGELOG.md has no date`);
  else if (newest.body === "") problems.push(`the section "${newest.title}" of CHANGELOG.md is empty`);
  return problems;
}

/** What it says of a version. */
export function notesOf(changelog, version) {
  return sections(changelog).find(({ title }) => title.split(" ")[0] === version)?.body;
}
