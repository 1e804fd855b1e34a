// The drawing: five places, the wires between them, and a pulse for each thing that moves.

const SVG = "http://www.w3.org/2000/svg";
const LEG = 420; // ms that a pulse takes for one wire; what it stands for is mostly faster
const MOST_WAITING = 16; // legs; who falls behind skips some
const LINGER = 900; // ms that a lit wire stays lit where nothing may move

const WIDE = {
  box: [1160, 336],
  size: [200, 84],
  nodes: { worker: [112, 206], server: [271, 50], token: [430, 206], verified: [740, 206], api: [1048, 206] },
  wires: {
    memory: ["M212,206 H330", [271, 206], "memory"],
    ask: ["M112,164 V110 Q112,50 171,50", [112, 116], "asks"],
    grant: ["M371,50 Q430,50 430,110 V164", [430, 116], "grants"],
    keys: ["M371,36 H680 Q740,36 740,96 V164", [600, 36], "public keys"],
    check: ["M530,206 H640"],
    spend: ["M840,206 H948"],
    answer: ["M1048,248 Q1048,312 988,312 H172 Q112,312 112,248", [580, 312], "the answer"],
  },
};
const TALL = {
  box: [340, 588],
  size: [150, 70],
  nodes: { worker: [105, 46], server: [262, 150], token: [105, 254], verified: [105, 394], api: [105, 534] },
  wires: {
    memory: ["M105,81 V219", [105, 150], "memory"],
    ask: ["M180,46 H222 Q262,46 262,86 V115", [258, 78], "asks"],
    grant: ["M246,185 V214 Q246,254 206,254 H180", [246, 216], "grants"],
    keys: ["M292,185 V354 Q292,394 252,394 H180", [288, 320], "keys"],
    check: ["M105,289 V359"],
    spend: ["M105,429 V499"],
    answer: ["M30,534 H26 Q8,534 8,516 V64 Q8,46 26,46 H30"],
  },
};

const NAMES = { worker: "Worker", server: "Login 3.0", token: "Token", verified: "Verified", api: "API" };
const still = matchMedia("(prefers-reduced-motion: reduce)");
const narrow = matchMedia("(max-width: 720px)");

const looks = Object.fromEntries(Object.keys(NAMES).map((name) => [name, { detail: "", tone: "" }]));
let root;
let paths = {};
let cut = false;
let trips = Promise.resolve();
let waiting = 0;

/** Draws into this `<svg>`, again whenever the page becomes narrow or wide. */
export function drawFlow(svg) {
  root = svg;
  draw();
  narrow.addEventListener("change", draw);
}

function draw() {
  const { box, size, nodes, wires } = narrow.matches ? TALL : WIDE;
  root.replaceChildren();
  root.setAttribute("viewBox", `0 0 ${box.join(" ")}`);
  root.classList.toggle("small", narrow.matches);
  paths = {};
  for (const [name, [d, place, label]] of Object.entries(wires)) {
    paths[name] = add(root, "path", { d, class: ["keys", "answer"].includes(name) ? "wire faint" : "wire" });
    if (!label) continue;
    const width = label.length * (narrow.matches ? 6.6 : 7.6) + 14;
    add(root, "rect", { class: "wire-back", x: place[0] - width / 2, y: place[1] - 11, width, height: 22 });
    add(root, "text", { class: "wire-name", x: place[0], y: place[1] + 5 }, label);
  }
  for (const [name, [x, y]] of Object.entries(nodes)) {
    const node = add(root, "g", { "data-node": name, class: "node" });
    add(node, "rect", { x: x - size[0] / 2, y: y - size[1] / 2, width: size[0], height: size[1], rx: 14 });
    add(node, "text", { class: "name", x, y: y - 4 }, NAMES[name]);
    add(node, "text", { class: "detail", x, y: y + 20 });
    look(name, {});
  }
  showCut();
}

function add(parent, name, attributes, text) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  if (text !== undefined) element.textContent = text;
  return parent.appendChild(element);
}

/** @param {{ detail?: string, tone?: "" | "busy" | "good" | "due" | "bad" }} change */
export function look(name, change) {
  Object.assign(looks[name], change);
  const down = name === "server" && cut;
  const { tone } = looks[name];
  const detail = down ? "does not answer" : looks[name].detail;
  const node = root.querySelector(`[data-node="${name}"]`);
  node.setAttribute("class", `node ${down ? "down" : tone}`);
  const room = narrow.matches ? 21 : 26;
  node.querySelector(".detail").textContent = detail.length > room ? `${detail.slice(0, room - 1)}…` : detail;
}

/** The token endpoint is down, or is not. */
export function cutOff(down) {
  cut = down;
  showCut();
  look("server", {});
}

function showCut() {
  for (const name of ["ask", "grant"]) paths[name].classList.toggle("cut", cut);
}

/** Sends a pulse along these wires, one after the other and after those that are on their way; then `arrived` is called. */
export function travel(wires, { tone = "", arrived } = {}) {
  if (wires.length > 0 && waiting >= MOST_WAITING) return arrived?.();
  waiting += wires.length;
  trips = trips.then(async () => {
    for (const name of wires) {
      await pulse(name, tone);
      waiting -= 1;
    }
    arrived?.();
  });
}

/** So many pulses at once, from the worker's memory to the API. */
export function swarm(count) {
  for (let index = 0; index < count; index += 1) {
    setTimeout(async () => {
      for (const name of ["memory", "check", "spend"]) await pulse(name, "good", 0.75);
    }, still.matches ? 0 : index * 70 + Math.random() * 240);
  }
}

async function pulse(name, tone, size = 1) {
  const path = paths[name];
  if (still.matches || document.hidden) {
    path.classList.add("lit", ...(tone ? [tone] : []));
    setTimeout(() => path.classList.remove("lit", "good", "bad"), LINGER);
    return;
  }
  const length = path.getTotalLength();
  const halo = add(root, "circle", { class: `pulse halo ${tone}`, r: 15 * size });
  const dot = add(root, "circle", { class: `pulse ${tone}`, r: 7 * size });
  const began = performance.now();
  await new Promise((resolve) => {
    const end = setTimeout(resolve, LEG * 3); // a page that is hidden meanwhile gets no frames
    const frame = (now) => {
      const part = Math.min(1, Math.max(0, (now - began) / (name === "answer" ? LEG * 1.6 : LEG)));
      const { x, y } = path.getPointAtLength(length * (1 - (1 - part) ** 2));
      for (const circle of [halo, dot]) circle.setAttribute("transform", `translate(${x} ${y})`);
      if (part < 1) return requestAnimationFrame(frame);
      clearTimeout(end);
      resolve();
    };
    frame(began);
  });
  halo.remove();
  dot.remove();
}
