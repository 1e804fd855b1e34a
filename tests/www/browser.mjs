// The page in a real browser, with the worker on workerd: what people see of each button, and who else can use it.

import { mkdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { tokensIssuedDuring } from "../demo/leaks.mjs";
import { equal, fail, ok, same, skip } from "../runtimes/assert.mjs";
import { launchChromium } from "./chromium.mjs";
import { noSecrets } from "./endpoints.mjs";
import { startRecorder } from "./recorder.mjs";
import { startScene } from "./scene.mjs";

const shots = join(dirname(dirname(fileURLToPath(import.meta.url))), ".work", "www-screenshots");
const LIFETIME = 8; // seconds: a token is renewed after 6 or so, and handed out for 7.2
const WAIT = 20_000;
const VIEWS = [[1280, 900], [360, 780]].flatMap(([width, height]) => ["light", "dark"].map((colorScheme) => ({ viewport: { width, height }, colorScheme })));
/** Of each page, the requests to the worker's actions that are not answered yet. */
const underWay = new WeakMap();
const nameOf = ({ viewport, colorScheme }) => `${viewport.width} px, ${colorScheme}`;

export async function checkBrowser(test, project) {
  const { browser, axe, missing } = await launchChromium();
  const cases = casesOf(axe);
  if (missing) {
    for (const [name] of cases) await test(name, () => skip(missing));
    return;
  }
  const log = [];
  const scene = await startScene("workerd", project, { tokenLifetime: LIFETIME, onLog: (line) => log.push(line) });
  const recorder = await startRecorder(scene.origin);
  const problems = [];

  /** A page that has shown its first token. */
  async function open(options = {}) {
    scene.login3.down = false; // whatever the case before left behind
    const page = await browser.newPage({ ...VIEWS[0], ...options });
    page.setDefaultTimeout(WAIT);
    const actions = new Set();
    underWay.set(page, actions);
    page.on("request", (request) => request.url().includes("/act/") && actions.add(request));
    for (const end of ["requestfinished", "requestfailed"]) page.on(end, (request) => actions.delete(request));
    page.on("pageerror", (error) => problems.push(String(error)));
    page.on("console", (message) => ["error", "warning"].includes(message.type()) && problems.push(message.text()));
    await page.goto(recorder.origin);
    await page.waitForSelector('#checks li[data-ok="true"]');
    return page;
  }

  /** A paused page with a worker of its own, whose token lasts longer than a test takes anywhere. */
  async function alone(runtime, body) {
    const own = await startScene(runtime, project, { tokenLifetime: 300, onLog: (line) => log.push(line) });
    const page = await browser.newPage(VIEWS[0]);
    page.setDefaultTimeout(WAIT);
    try {
      await page.goto(own.origin);
      await contains(page, "#caption", /API answered 200/);
      await page.click("#live");
      await body(page, own);
    } finally {
      await page.close();
      await own.end();
    }
  }

  try {
    const issued = await tokensIssuedDuring(async () => {
      for (const [name, body] of cases) await test(name, () => body({ open, scene, alone }));
    });
    await test("neither the secret nor a token's signature is in what the browser received, and it was let to show all else", async () => {
      const text = recorder.text();
      // The last one may have come when nobody was looking any more.
      const ids = issued.map((token) => JSON.parse(Buffer.from(token.split(".")[1], "base64url")).jti);
      ok(ids.some((id) => text.includes(id)), "no token's claims were received");
      noSecrets(scene, text, issued, "what the browser received");
      noSecrets(scene, log.join("\n"), issued, "the worker's log");
    });
    await test("the page caused no error, no warning, and nothing that its policy forbids", () => same(problems, [], "what the browser's console says"));
    await test("workerd saw no request that touches another one's", () => {
      for (const message of ["different request", "has since ended", "had hung"]) ok(!log.join("\n").includes(message), log.join("\n").slice(0, 400));
    });
  } finally {
    await browser.close();
    await recorder.close();
    await scene.end();
  }
}

/** The names first, so that they can be skipped without a browser. */
const casesOf = (axe) => [
  ["a call is drawn from the request to the API's answer, with the token's header and claims", async ({ open, scene }) => {
    const page = await open();
    await contains(page, "#caption", /API answered 200 in /);
    for (const [node, text] of [["token", /new|from memory/], ["verified", /checks|known to be good/], ["api", /^200 after /]]) await contains(page, `[data-node="${node}"] .detail`, text);
    await contains(page, "#header", /algRS256/);
    await contains(page, "#claims", new RegExp(`iss${scene.login3.issuer}`));
    await contains(page, "#checked", /^7 checks in /);
    equal(await page.locator("#checks li").count(), 7, "checks");
    await page.close();
  }],
  ["pulses move along the wires", async ({ open }) => {
    const page = await open();
    await page.waitForSelector("#flow .pulse", { state: "attached" });
    await page.waitForFunction(() => {
      window.pulse = window.pulse?.isConnected ? window.pulse : document.querySelector("#flow .pulse");
      const places = ((window.places ??= new Map()).get(window.pulse) ?? new Set()).add(window.pulse?.getAttribute("transform"));
      window.places.set(window.pulse, places);
      return window.pulse && places.size > 2;
    });
    await page.close();
  }],
  ["the time to the token's end counts down, and a renewal shows as it happens", async ({ open }) => {
    const page = await open();
    await page.waitForFunction(() => Number(document.querySelector("#left").textContent) > 1);
    const left = Number(await page.textContent("#left"));
    await page.waitForFunction((before) => Number(document.querySelector("#left").textContent) < before, left);
    const jti = await claim(page, "jti");
    // The page's own calls are too far apart to meet the second in which so short a token is due.
    const calls = setInterval(() => page.click("#call").catch(() => {}), 250);
    await contains(page, "#log", /renewal begins/).finally(() => clearInterval(calls));
    await page.waitForFunction((old) => !document.querySelector("#claims").textContent.includes(old), jti);
    await page.close();
  }],
  ["Burst: 500 calls, one token request, none failed", ({ alone }) => alone("workerd", async (page, scene) => {
    const { requests } = scene.login3;
    await page.click("#burst");
    await contains(page, "#outcome", /^500 calls, .*: 1 token request\. .* none failed/);
    equal(scene.login3.requests - requests, 1, "token requests that reached the server");
    await contains(page, "#log", /25 calls at once: all good/);
  })],
  ["Revoke: the API refuses the token, and the call goes through with another one", async ({ open }) => {
    const page = await open();
    await settle(page);
    const jti = await claim(page, "jti");
    await page.click("#revoke");
    await contains(page, "#outcome", /^The API refused .* its caller saw 200\.$/);
    ok((await claim(page, "jti")) !== jti, "the pass shows the revoked token");
    await contains(page, "#log", /the API refuses the token: 401/);
    await page.close();
  }],
  ["an outcome is told when the page shows what led to it, however late that comes", async ({ open }) => {
    const page = await open();
    await settle(page);
    // The pass at the moment of the outcome, as nobody outside of the page could look at it.
    await page.evaluate(() => {
      const shown = () => document.querySelector("#claims").textContent;
      window.before = shown();
      new MutationObserver(() => (window.atOutcome = shown())).observe(document.querySelector("#outcome"), { childList: true });
    });
    for (let times = 0; times < 5; times += 1) {
      await page.click("#revoke");
      await contains(page, "#outcome", /^The API refused .* its caller saw 200\.$/);
      ok(await page.evaluate(() => window.atOutcome !== window.before && (window.before = window.atOutcome)), "the pass still shows the revoked token");
    }
    await page.close();
  }],
  ["Rotate: tokens have another key's id, are verified, and the button says when it can be pressed again", async ({ open }) => {
    const page = await open();
    await settle(page);
    equal(await claim(page, "kid", "#header"), "login3-rs256", "the key before");
    await page.click("#rotate");
    await contains(page, "#outcome", /^Signed with login3-rs256-2, before with login3-rs256\. .* answered 200\.$/);
    equal(await claim(page, "kid", "#header"), "login3-rs256-2", "the key after");
    equal(await page.getAttribute("#rotate", "aria-disabled"), "true", "whether it is off");
    await contains(page, "#rotate span", /^Again in \d+ s/);
    await shot(page, "rotated");
    await page.close();
  }],
  ["Down: calls go on while the token lasts, fail after that, and work again when the endpoint is back", async ({ open }) => {
    const page = await open();
    await settle(page);
    await page.click("#revoke"); // a token that is new lasts for long enough
    await contains(page, "#outcome", /^The API refused/);
    await page.click("#down");
    await contains(page, "#outcome", /^The endpoint is down\. The token at hand goes on for \d+ s/);
    equal(await page.getAttribute("#down", "aria-pressed"), "true", "whether it is pressed");
    ok((await page.getAttribute('[data-node="server"]', "class")).includes("down"), "the server is not drawn as down");
    await page.click("#call");
    await contains(page, "#outcome", /^The API answered 200/);
    await page.click("#live"); // on again
    await contains(page, "#news", /^Calls fail now\.$/);
    await contains(page, "#caption", /no answer from the server/);
    for (const [node, text] of [["token", /^failed$/], ["verified", /^not reached$/], ["api", /^not reached$/]]) await contains(page, `[data-node="${node}"] .detail`, text);
    await shot(page, "failing");
    await page.click("#down");
    await contains(page, "#outcome", /^The endpoint is back/);
    await contains(page, "#news", /^Calls work again\.$/);
    await page.close();
  }],
  ["Restart: the worker's memory is gone, its token comes from the store, and that is counted", ({ alone }) => alone("workerd", async (page, scene) => {
    const jti = await claim(page, "jti");
    const { requests } = scene.login3;
    await page.click("#restart");
    await contains(page, "#outcome", /^The worker is back, with an empty memory\. The store had its token: no token request\.$/);
    equal(scene.login3.requests - requests, 0, "token requests that reached the server");
    equal(await claim(page, "jti"), jti, "the token");
    equal(await page.textContent("#n-store"), "1", "tokens from the store, as counted");
    ok(await page.isVisible("#from-store"), "the count does not show");
    await contains(page, '[data-node="token"] .detail', /^from store$/);
    await contains(page, "#log", /token from the store/);
    await shot(page, "restarted");
  })],
  ["where there is no store, nothing is counted for one, and a restart asks the server", ({ alone }) => alone("node", async (page, scene) => {
    ok(await page.isHidden("#from-store"), "the count shows");
    const { requests } = scene.login3;
    await page.click("#restart");
    await contains(page, "#outcome", /^The worker is back, with an empty memory\. It asked the server for another token/);
    equal(scene.login3.requests - requests, 1, "token requests that reached the server");
  })],
  ["Pause: no calls while it is paused", async ({ open }) => {
    const page = await open();
    await page.click("#live");
    equal(await page.getAttribute("#live", "aria-pressed"), "false", "whether it is on");
    let calls = 0;
    page.on("request", (request) => (calls += Number(request.url().endsWith("/act/call"))));
    await page.waitForTimeout(3_000);
    equal(calls, 0, "calls while it is paused");
    await page.click("#live");
    await page.waitForRequest(/\/act\/call$/);
    await page.close();
  }],
  ["with the keyboard alone every control is reached in order, shows that it is, and does its work", async ({ open }) => {
    const page = await open();
    const reached = [];
    for (let index = 0; index < 9; index += 1) {
      await page.keyboard.press("Tab");
      const [name, outline] = await page.evaluate(() => [document.activeElement.id || document.activeElement.className, getComputedStyle(document.activeElement).outlineStyle]);
      reached.push(name);
      equal(outline, "solid", `the outline of ${name}`);
    }
    same(reached, ["skip", "live", "burst", "revoke", "rotate", "down", "restart", "call", "log"], "what Tab reaches");
    await page.keyboard.press("Shift+Tab");
    await page.keyboard.press("Enter");
    await contains(page, "#outcome", /^The API answered 200/);
    await page.focus("#burst");
    await page.keyboard.press("Space");
    await contains(page, "#outcome", /^500 calls/);
    equal(await page.evaluate(() => document.activeElement.id), "burst", "where the focus is after it");
    await page.focus("#live");
    await page.keyboard.press("Enter");
    equal(await page.getAttribute("#live", "aria-pressed"), "false", "whether it is on");
    await page.close();
  }],
  ["with reduced motion nothing moves, and everything shows all the same", async ({ open }) => {
    const page = await open({ reducedMotion: "reduce" });
    await page.evaluate(() => {
      window.moved = 0;
      new MutationObserver((changes) => {
        for (const { addedNodes } of changes) for (const node of addedNodes) if (node.classList?.contains("pulse")) window.moved += 1;
      }).observe(document.querySelector("#flow"), { childList: true, subtree: true });
    });
    await page.waitForSelector("#flow .wire.lit", { state: "attached" });
    await page.click("#burst");
    await contains(page, "#outcome", /none failed/);
    equal(await page.evaluate(() => window.moved), 0, "pulses");
    equal(await page.evaluate(() => document.getAnimations().length), 0, "animations");
    await contains(page, '[data-node="api"] .detail', /good|after/);
    await page.close();
  }],
  ...VIEWS.map((view) => [`${nameOf(view)}: axe finds nothing, contrast included, and nothing is wider than the screen`, async ({ open }) => {
    const page = await open(view);
    await contains(page, "#caption", /API answered 200/);
    const name = `${view.viewport.width}-${view.colorScheme}`;
    await shot(page, `${name}-fresh`);
    await page.click("#burst");
    await page.waitForTimeout(400);
    await shot(page, `${name}-burst`);
    await contains(page, "#outcome", /none failed/);
    await page.click("#down");
    await contains(page, "#outcome", /^The endpoint is down/);
    await page.waitForTimeout(400);
    await shot(page, `${name}-down`);
    await violations(page, axe, "with the endpoint down");
    await page.click("#down");
    await contains(page, "#outcome", /^The endpoint is back/);
    await wide(page);
    await page.setViewportSize({ width: 320, height: 700 });
    await wide(page);
    await page.close();
  }]),
];

async function contains(page, selector, pattern) {
  const shows = page.waitForFunction(([where, source]) => new RegExp(source).test(document.querySelector(where)?.textContent ?? ""), [selector, pattern.source]);
  await shows.catch(async () => fail(`${selector} shows ${JSON.stringify((await page.textContent(selector))?.slice(0, 300))}, not ${pattern}`));
}

/** Until nothing is under way: the page is paused, its calls are answered, and the token is not due for a while. */
async function settle(page) {
  await page.click("#live");
  const deadline = performance.now() + WAIT;
  while (underWay.get(page).size > 0 || Number(await page.textContent("#left")) < LIFETIME / 2) {
    if (performance.now() > deadline) fail(`${underWay.get(page).size} calls are under way, and the token has ${await page.textContent("#left")} s`);
    await page.click("#call");
    await contains(page, "#outcome", /^The API answered 200/);
  }
}

function shot(page, name) {
  mkdirSync(shots, { recursive: true });
  return page.screenshot({ path: join(shots, `${name}.png`), fullPage: true });
}

function claim(page, name, list = "#claims") {
  return page.evaluate(([where, what]) => [...document.querySelectorAll(`${where} dt`)].find(({ textContent }) => textContent === what)?.nextElementSibling.textContent, [list, name]);
}

/** Nothing is wider than the screen, the stamp at its largest included. */
async function wide(page) {
  await page.evaluate(() => {
    const stamp = document.querySelector(".stamp");
    stamp.classList.remove("hit");
    stamp.getBoundingClientRect();
    stamp.classList.add("hit");
    for (const animation of stamp.getAnimations()) {
      animation.pause();
      animation.currentTime = 0;
    }
  });
  const { scroll, client } = await page.evaluate(() => ({ scroll: document.documentElement.scrollWidth, client: document.documentElement.clientWidth }));
  ok(scroll <= client, `${scroll} px of page on ${client} px of screen`);
}

/** axe-core, put in by the debugger: the page's own policy would refuse it. */
async function violations(page, axe, when) {
  if (!(await page.evaluate(() => "axe" in window))) await page.evaluate(readFileSync(axe, "utf8"));
  const found = await page.evaluate(async () => (await window.axe.run()).violations.map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map(({ target, failureSummary }) => `${target} ${failureSummary}`).join("; ")}`));
  same(found, [], `what axe finds ${when}`);
}
