// Times ways to do the same thing in one process: microseconds for one time, in each round.

/**
 * In each round every way has its turn, each round beginning with another: what slows the machine down for a while slows all
 * of them down. How often a way does its work in one turn is found out before, so that a turn takes as long as it is told to;
 * the host's compiler optimises meanwhile.
 * @param {Record<string, (count: number) => unknown>} ways each does its work `count` times
 * @returns {Promise<Record<string, number[]>>}
 */
export async function timeWays(ways, { rounds, milliseconds }, clock = time) {
  const names = Object.keys(ways);
  const counts = {};
  for (const name of names) counts[name] = await countFor(ways[name], milliseconds, clock);
  const found = Object.fromEntries(names.map((name) => [name, []]));
  for (let round = -1; round < rounds; round += 1) {
    for (let turn = 0; turn < names.length; turn += 1) {
      const name = names[(turn + round + names.length) % names.length];
      const took = await clock(ways[name], counts[name]);
      if (round >= 0) found[name].push((took * 1000) / counts[name]);
    }
  }
  return found;
}

async function time(way, count) {
  const began = performance.now();
  await way(count);
  return performance.now() - began;
}

/** The first turns are slow: counting ends when a turn that is long enough was no exception. */
async function countFor(way, milliseconds, clock) {
  let count = 1;
  for (let longEnough = 0; ;) {
    const took = await clock(way, count);
    if (took >= milliseconds) longEnough += 1;
    if (longEnough === 2) return Math.max(1, Math.round((count * milliseconds) / took));
    if (took < milliseconds) count = Math.ceil(count * Math.min(4, Math.max(1.3, milliseconds / Math.max(took, 0.01))));
  }
}

/**
 * Takes out what does not run on this host, and says why; gatepass must.
 * @param {Record<string, Record<string, Function>>} blocks
 * @returns {Promise<Record<string, Record<string, string>>>}
 */
export async function takeOutFailing(blocks) {
  const failing = {};
  for (const [block, ways] of Object.entries(blocks)) {
    failing[block] = {};
    for (const [name, way] of Object.entries(ways)) {
      try {
        await way(1);
      } catch (error) {
        if (name.startsWith("gatepass")) throw error;
        failing[block][name] = error.message;
        delete ways[name];
      }
    }
  }
  return failing;
}
