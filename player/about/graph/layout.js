// A worker: where the boxes of a graph lie, in layers, and the bends of the arrows between them.
import { Graph, layout } from "@dagrejs/dagre";
import { keptArrows, layersOf, slabsOf } from "./layers.js";

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

/**
 * A part of the graph, laid out by itself. Arrows that leave it end at a gate below it, or begin at one above.
 * @typedef {{ graph: Graph, left: number, top: number }} Slab
 */

/** Between layers, and between what lies beside each other, in pixels. */
const SPACE = { rankdir: "TB", nodesep: 18, edgesep: 10, ranksep: 26 };

/** Graphs of more boxes than this get their layers by a quicker method, which leaves longer arrows. */
const MANY = 400;

self.addEventListener("message", ({ data }) => self.postMessage(layOut(data)));

/**
 * @param {LayoutTask} task
 * @returns {Layout}
 */
function layOut({ sizes, arrows }) {
  const layers = layersOf(sizes.length, arrows);
  const slabOf = slabsOf(layers, arrows);
  const kept = keptArrows(sizes.length, arrows, layers, slabOf);
  const slabs = Array.from({ length: Math.max(0, ...slabOf) + 1 }, () =>
    makeSlab(sizes.length > MANY ? "tight-tree" : "network-simplex"),
  );
  sizes.forEach(([width, height], box) => {
    slabs[slabOf[box]].graph.setNode(String(box), { width, height });
  });
  arrows.forEach(([from, to], index) => {
    const [first, second] = [slabs[slabOf[from]].graph, slabs[slabOf[to]].graph];
    if (kept[index] && first === second) {
      first.setEdge(String(from), String(to), {});
    } else if (kept[index]) {
      link(first, String(from), gate(first, "below", from));
      link(second, gate(second, "above", from), String(to));
    }
  });
  let [width, height] = [0, 0];
  slabs.forEach((slab, index) => {
    layout(slab.graph);
    const size = slab.graph.graph();
    slab.top = height;
    slab.left = index === 0 ? 0 : shift(slabs[index - 1], slab);
    height += (size.height ?? 0) + SPACE.ranksep;
  });
  const leftmost = Math.min(...slabs.map(({ left }) => left));
  for (const slab of slabs) {
    slab.left -= leftmost;
    width = Math.max(width, slab.left + (slab.graph.graph().width ?? 0));
  }
  const centres = sizes.map((_, box) =>
    place(slabs[slabOf[box]], slabs[slabOf[box]].graph.node(String(box))),
  );
  const bends = arrows.map(([from, to], index) => {
    const [first, second] = [slabs[slabOf[from]], slabs[slabOf[to]]];
    if (!kept[index]) {
      return null;
    }
    if (first === second) {
      return points(first, String(from), String(to));
    }
    return [...points(first, String(from), `below ${from}`), ...points(second, `above ${from}`, String(to))];
  });
  return { width, height: Math.max(0, height - SPACE.ranksep), centres, bends };
}

/**
 * @param {"tight-tree" | "network-simplex"} ranker
 * @returns {Slab}
 */
function makeSlab(ranker) {
  const graph = new Graph();
  graph.setGraph({ ...SPACE, ranker });
  return { graph, left: 0, top: 0 };
}

/**
 * @param {Graph} graph
 * @param {"below" | "above"} side
 * @param {number} from the box whose arrows go through it
 */
function gate(graph, side, from) {
  const name = `${side} ${from}`;
  graph.setNode(name, { width: 1, height: 1 });
  return name;
}

/**
 * @param {Graph} graph
 * @param {string} from
 * @param {string} to
 */
function link(graph, from, to) {
  graph.setEdge(from, to, {});
}

/**
 * How far a slab lies to the right, so that its gates are below those of the one before.
 * @param {Slab} before
 * @param {Slab} slab
 */
function shift(before, slab) {
  const steps = slab.graph
    .nodes()
    .filter((name) => name.startsWith("above "))
    .map(
      (name) => before.left + before.graph.node(name.replace("above", "below")).x - slab.graph.node(name).x,
    );
  return steps.length > 0 ? steps.reduce((sum, step) => sum + step, 0) / steps.length : before.left;
}

/**
 * @param {Slab} slab
 * @param {{ x: number, y: number }} place
 */
function place({ left, top }, { x, y }) {
  return [left + x, top + y];
}

/**
 * @param {Slab} slab
 * @param {string} from
 * @param {string} to
 */
function points(slab, from, to) {
  const { points: bends } = slab.graph.edge(from, to);
  return bends.map((/** @type {{ x: number, y: number }} */ bend) => place(slab, bend));
}
