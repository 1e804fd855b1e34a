// The example with the page: in a browser with the worker on workerd, and without one on every runtime.
//
//   node tests/www/run.mjs [--verbose]
//
// The package comes from pkg/, or from where GATEPASS_TARBALL says. Screenshots go to tests/.work/www-screenshots.

import { installed, RUNTIMES } from "../../www-example/serve.mjs";
import { startSuite } from "../package/counted.mjs";
import { endAll } from "../runtimes/launch.mjs";
import { checkBrowser } from "./browser.mjs";
import { checkCommand } from "./command.mjs";
import { checkEndpoints, checkWithoutSwitches, checkWords } from "./endpoints.mjs";

const { test, end } = startSuite("www");
try {
  const project = await installed("www-tests");
  for (const runtime of RUNTIMES) await checkEndpoints(test, project, runtime);
  await checkWithoutSwitches(test, project);
  await checkWords(test);
  await checkBrowser(test, project);
  await checkCommand(test);
} finally {
  await endAll();
  end();
}
