// A worker: where the boxes of a graph lie, in layers, and the bends of the arrows between them.
import { Graph, layout } from "@dagrejs/dagre";

/**
 * @typedef {object} LayoutTask
 * @property {number[][]} sizes width and height of each box
 * @property {number[][]} arrows from which box to which
 */

/**
 * @typedef {object} Layout
 * @property {number} width
 * @property {number} height
 * @property {number[][]} centres of the boxes: x, y
 * @property {(number[][] | null)[]} bends of the arrows, from end to end; null for those that would cross too many layers
 */

/** How many layers all arrows together may cross, for each box: what does not fit is drawn when a box is selected. */
const MOST_CROSSED = 5;

/** Graphs of more boxes than this get their layers by a quicker method, which leaves longer arrows. */
const MANY = 500;

self.addEventListener("message", ({ data }) => self.postMessage(layOut(data)));

/**
 * @param {LayoutTask} task
 * @returns {Layout}
 */
function layOut({ sizes, arrows }) {
  const graph = new Graph();
  graph.setGraph({
    rankdir: "TB",
    nodesep: 18,
    edgesep: 10,
    ranksep: 26,
    ranker: sizes.length > MANY ? "tight-tree" : "network-simplex",
  });
  sizes.forEach(([width, height], box) => {
    graph.setNode(String(box), { width, height });
  });
  const kept = keptArrows(sizes.length, arrows);
  arrows.forEach(([from, to], index) => {
    if (kept[index]) {
      graph.setEdge(String(from), String(to), {});
    }
  });
  layout(graph);
  const { width = 0, height = 0 } = graph.graph();
  return {
    width,
    height,
    centres: sizes.map((_, box) => {
      const { x, y } = graph.node(String(box));
      return [x, y];
    }),
    bends: arrows.map(([from, to], index) =>
      kept[index]
        ? graph
            .edge(String(from), String(to))
            .points.map((/** @type {{ x: number, y: number }} */ { x, y }) => [x, y])
        : null,
    ),
  };
}

/**
 * Which arrows are laid out: not the longest, where they cross too many layers together. Each box keeps one of its arrows.
 * @param {number} count boxes
 * @param {number[][]} arrows
 * @returns {boolean[]}
 */
function keptArrows(count, arrows) {
  const layers = layersOf(count, arrows);
  const spans = arrows.map(([from, to]) => Math.max(0, layers[to] - layers[from] - 1));
  let crossed = spans.reduce((sum, span) => sum + span, 0);
  const shortest = new Set();
  for (const end of [0, 1]) {
    /** @type {Map<number, number>} */
    const best = new Map();
    arrows.forEach((arrow, index) => {
      const known = best.get(arrow[end]);
      if (known === undefined || spans[index] < spans[known]) {
        best.set(arrow[end], index);
      }
    });
    for (const index of best.values()) {
      shortest.add(index);
    }
  }
  const kept = arrows.map(() => true);
  const byLength = arrows.map((_, index) => index).sort((a, b) => spans[b] - spans[a]);
  for (const index of byLength) {
    if (crossed <= MOST_CROSSED * count) {
      break;
    }
    if (!shortest.has(index)) {
      kept[index] = false;
      crossed -= spans[index];
    }
  }
  return kept;
}

/**
 * The layer of each box: behind all that lead to it. Arrows of a circle that lead back count for nothing.
 * @param {number} count
 * @param {number[][]} arrows
 */
function layersOf(count, arrows) {
  const layers = new Array(count).fill(0);
  const waiting = new Array(count).fill(0);
  /** @type {number[][]} */
  const after = Array.from({ length: count }, () => []);
  for (const [from, to] of arrows) {
    after[from].push(to);
    waiting[to] += 1;
  }
  const ready = waiting.flatMap((number, box) => (number === 0 ? [box] : []));
  for (let box = ready.pop(); box !== undefined; box = ready.pop()) {
    for (const next of after[box]) {
      layers[next] = Math.max(layers[next], layers[box] + 1);
      waiting[next] -= 1;
      if (waiting[next] === 0) {
        ready.push(next);
      }
    }
  }
  return layers;
}
