// How what was measured is summed up.

/** The middle half of the samples is wider than this part of their median. */
const WIDE = 0.25;

/** @param {number[]} samples */
export function summary(samples) {
  const sorted = samples.toSorted((a, b) => a - b);
  const at = (share) => {
    const place = share * (sorted.length - 1);
    const below = sorted[Math.floor(place)];
    return below + (sorted[Math.ceil(place)] - below) * (place % 1);
  };
  const [low, median, high] = [0.25, 0.5, 0.75].map(at);
  return { median: short(median), low: short(low), high: short(high), ...(high - low > WIDE * median && { wide: true }) };
}

/**
 * Rows with the times of each, and how many times those of gatepass they are: of the same round each, so that what slowed the
 * machine down slowed both down.
 * @param {Record<string, number[]>} samples per way; the first one is the one that the others are compared with
 */
export function rowsOf(samples) {
  const [[, ours]] = Object.entries(samples);
  return Object.entries(samples).map(([name, its], index) => {
    return { name, kind: kindByName(name), ...summary(its), ...(index > 0 && ratioTo(ours, its)) };
  });
}

/** The median over the rounds, and whether it varies widely. */
export function ratioTo(ours, its) {
  const { median, wide } = summary(its.map((time, round) => time / ours[round]));
  return { ratio: median, ...(wide && { uncertain: true }) };
}

/** A `peer` does the same work as `gatepass`; a `host` does a part of it. */
export function kindByName(name) {
  if (name.startsWith("gatepass")) return "gatepass";
  return HOSTS.includes(name) ? "host" : "peer";
}

const HOSTS = ["by hand", "fetch with a header", "node:crypto alone", "WebCrypto alone", "an empty module"];

function short(value) {
  return Number(value.toPrecision(4));
}
