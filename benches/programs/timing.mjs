// Times ways to do the same thing in one process: microseconds for one time, in each round.

/** Of finding out how often: turns in a row that took as long as they should, and tries in all. */
const [STEADY, TRIES] = [3, 40];
/** Rounds that are not counted. */
const WARM_UP = 2;

/**
 * In each round every way has its turns, in an order of chance, because who comes next pays for what another has left behind:
 * garbage, and caches full of other things. What slows the machine down for a while slows all of them down, the more so the
 * shorter a turn is. How often a way does its work in one turn is found out before, so that a turn takes as long as it is told
 * to; the host's compiler optimises meanwhile. What a round says is the mean of its turns, with the collections of garbage
 * that fell into them.
 * @param {Record<string, (count: number) => unknown>} ways each does its work `count` times
 * @returns {Promise<Record<string, number[]>>}
 */
export async function timeWays(ways, { rounds, turns, milliseconds }, clock = time) {
  const names = Object.keys(ways);
  const counts = {};
  for (const name of names) counts[name] = await countFor(ways[name], milliseconds, clock);
  const found = Object.fromEntries(names.map((name) => [name, []]));
  for (let round = -WARM_UP; round < rounds; round += 1) {
    const took = Object.fromEntries(names.map((name) => [name, 0]));
    for (let turn = 0; turn < turns; turn += 1) {
      for (const name of shuffled(names)) took[name] += await clock(ways[name], counts[name]);
    }
    if (round >= 0) for (const name of names) found[name].push((took[name] * 1000) / (turns * counts[name]));
  }
  return found;
}

function shuffled(names) {
  return names.map((name) => ({ name, place: Math.random() })).toSorted((a, b) => a.place - b.place).map(({ name }) => name);
}

async function time(way, count) {
  const began = performance.now();
  await way(count);
  return performance.now() - began;
}

/**
 * The first turns are slow, because the host has not optimised yet: counting ends when several turns in a row took as long as they
 * should, or after so many of them where the machine is too busy for that.
 */
async function countFor(way, milliseconds, clock) {
  let count = 1;
  for (let turn = 0, steady = 0; turn < TRIES && steady < STEADY; turn += 1) {
    const factor = milliseconds / Math.max(await clock(way, count), 0.01);
    steady = (factor > 0.7 && factor < 1.4) || (count === 1 && factor < 1) ? steady + 1 : 0;
    count = Math.max(1, Math.round(count * Math.min(4, Math.max(0.25, factor))));
  }
  return count;
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
