/** A part of the graph that is laid out by itself has at most so many layers: dagre's searches go as deep. */
const MOST_LAYERS = 160;
/** And at least so many, where the graph goes on. */
const LEAST_LAYERS = 60;

/** How many layers all arrows together may cross, for each box: what does not fit is drawn when a box is chosen. */
const MOST_CROSSED = 5;

/**
 * The layer of each box: behind all that lead to it; what nothing leads to is right before the first that it leads to. Arrows
 * of a circle that lead back count for nothing.
 * @param {number} count
 * @param {readonly number[][]} arrows
 * @returns {number[]}
 */
export function layersOf(count, arrows) {
  const layers = new Array(count).fill(0);
  const waiting = new Array(count).fill(0);
  /** @type {number[][]} */
  const after = Array.from({ length: count }, () => []);
  for (const [from, to] of arrows) {
    after[from].push(to);
    waiting[to] += 1;
  }
  const begins = waiting.flatMap((number, box) => (number === 0 ? [box] : []));
  const ready = [...begins];
  for (let box = ready.pop(); box !== undefined; box = ready.pop()) {
    for (const next of after[box]) {
      layers[next] = Math.max(layers[next], layers[box] + 1);
      waiting[next] -= 1;
      if (waiting[next] === 0) {
        ready.push(next);
      }
    }
  }
  for (const box of begins) {
    layers[box] = Math.max(0, Math.min(...after[box].map((next) => layers[next])) - 1);
    if (after[box].length === 0) {
      layers[box] = 0;
    }
  }
  return layers;
}

/**
 * Cuts the graph between layers where the fewest arrows go through, so that no part has too many layers.
 * @param {readonly number[]} layers
 * @param {readonly number[][]} arrows
 * @returns {number[]} the part that each box is in
 */
export function slabsOf(layers, arrows) {
  const depth = Math.max(0, ...layers) + 1;
  const changes = new Array(depth + 1).fill(0);
  for (const [from, to] of arrows) {
    if (layers[from] < layers[to]) {
      changes[layers[from]] += 1;
      changes[layers[to]] -= 1;
    }
  }
  let through = 0;
  const crossings = changes.map((change) => {
    through += change;
    return through;
  });
  const slabs = new Array(depth).fill(0);
  let [begin, slab] = [0, 0];
  while (depth - begin > MOST_LAYERS) {
    let cut = begin + LEAST_LAYERS;
    for (let layer = cut; layer < begin + MOST_LAYERS; layer += 1) {
      cut = crossings[layer] <= crossings[cut] ? layer : cut;
    }
    slab += 1;
    slabs.fill(slab, cut + 1);
    begin = cut + 1;
  }
  return layers.map((layer) => slabs[layer]);
}

/**
 * Which arrows are laid out: none from one part to another than the next, and not the longest, where they cross too many layers
 * together. Each box keeps one arrow to it and one from it, as far as they are within a part.
 * @param {number} count boxes
 * @param {readonly number[][]} arrows
 * @param {readonly number[]} layers
 * @param {readonly number[]} slabOf
 * @returns {boolean[]}
 */
export function keptArrows(count, arrows, layers, slabOf) {
  const spans = arrows.map(([from, to]) => Math.max(0, layers[to] - layers[from] - 1));
  const kept = arrows.map(([from, to]) => {
    const steps = slabOf[to] - slabOf[from];
    return steps === 0 || steps === 1;
  });
  let crossed = spans.reduce((sum, span, index) => sum + (kept[index] ? span : 0), 0);
  const shortest = new Set([0, 1].flatMap((end) => shortestBy(end, arrows, spans)));
  const byLength = arrows.map((_, index) => index).sort((a, b) => spans[b] - spans[a]);
  for (const index of byLength) {
    if (crossed <= MOST_CROSSED * count) {
      break;
    }
    if (kept[index] && !shortest.has(index)) {
      kept[index] = false;
      crossed -= spans[index];
    }
  }
  return kept;
}

/**
 * The shortest arrow at each box.
 * @param {number} end 0 for arrows from it, 1 for arrows to it
 * @param {readonly number[][]} arrows
 * @param {readonly number[]} spans
 */
function shortestBy(end, arrows, spans) {
  /** @type {Map<number, number>} */
  const best = new Map();
  arrows.forEach((arrow, index) => {
    const known = best.get(arrow[end]);
    if (known === undefined || spans[index] < spans[known]) {
      best.set(arrow[end], index);
    }
  });
  return [...best.values()];
}
