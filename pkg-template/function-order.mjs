// The order of a wasm's functions in which gzip, which looks back over 32 KB, makes the least of them: those that are alike come
// close together. The compiler's own order follows the source.

/** So many bytes in a row are something that functions have in common; */
const GRAM = 5;
/** what more of them have than these makes no two of them alike. */
const COMMON = 120;
/** What is left of a likeness with each function that comes between. */
const FADING = 0.95;

const CODE_SECTION = 10;
const FUNCTION_NAMES = 1;

/**
 * A custom section of names (WebAssembly core specification, appendix "Custom Sections") by which the functions are in that
 * order, for a tool that sorts by names.
 * @param {Buffer} wasm
 */
export function namesInOrder(wasm) {
  const imported = WebAssembly.Module.imports(new WebAssembly.Module(wasm)).filter(({ kind }) => kind === "function").length;
  const order = byLikeness(functionsOf(wasm));
  const name = (position) => text(String(position).padStart(8, "0"));
  const named = order.map((index, position) => [index, [...unsigned(imported + index), ...name(position)]]);
  const names = named.sort(([one], [other]) => one - other).flatMap(([, entry]) => entry);
  const map = [...unsigned(order.length), ...names];
  const section = [...text("name"), FUNCTION_NAMES, ...unsigned(map.length), ...map];
  return Buffer.from([0, ...unsigned(section.length), ...section]);
}

/** Each next one is the one that has most in common with those that came last. */
function byLikeness(functions) {
  const gramsOf = functions.map(gramsIn);
  const having = new Map();
  for (const [index, grams] of gramsOf.entries()) {
    for (const gram of grams) {
      if (!having.has(gram)) having.set(gram, []);
      having.get(gram).push(index);
    }
  }
  const likeness = new Float64Array(functions.length);
  const left = new Set(functions.keys());
  const order = [];
  for (let next = 0; next !== undefined; next = mostAlike(left, likeness)) {
    order.push(next);
    left.delete(next);
    for (const index of left) likeness[index] *= FADING;
    for (const gram of gramsOf[next]) {
      const alike = having.get(gram);
      if (alike.length > COMMON) continue;
      // A large function has more in common with others, and fills the window with the rest of it. Roots are the same on all
      // machines, which not all of `Math` is.
      for (const index of alike) likeness[index] += 1 / Math.sqrt(alike.length * functions[index].length);
    }
  }
  return order;
}

function mostAlike(left, likeness) {
  let best;
  for (const index of left) {
    if (best === undefined || likeness[index] > likeness[best]) best = index;
  }
  return best;
}

function gramsIn(bytes) {
  const grams = new Set();
  for (let at = 0; at + GRAM <= bytes.length; at += 1) grams.add(bytes.toString("latin1", at, at + GRAM));
  return grams;
}

/** The bodies of the functions that a wasm defines. */
function functionsOf(wasm) {
  let at = 8; // after the magic number and the version
  const number = () => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = wasm[at++];
      value |= (byte & 127) << shift;
      if (byte < 128) return value;
    }
  };
  for (;;) {
    if (at >= wasm.length) throw new Error("the wasm has no code");
    const section = wasm[at++];
    const size = number();
    if (section === CODE_SECTION) break;
    at += size;
  }
  return Array.from({ length: number() }, () => {
    const size = number();
    return wasm.subarray(at, (at += size));
  });
}

const text = (value) => [...unsigned(value.length), ...Buffer.from(value, "latin1")];

/** As LEB128. */
function unsigned(value) {
  const bytes = [];
  for (let rest = value; ; rest >>>= 7) {
    if (rest < 128) return [...bytes, rest];
    bytes.push((rest & 127) | 128);
  }
}
