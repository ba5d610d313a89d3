/** @import { Plan, PlanNode } from "../plan.js" */

/**
 * What is drawn as one box: a node, or a group of nodes that is folded.
 * @typedef {object} Box
 * @property {string} key that of the group, or of the node
 * @property {string | null} group the group that it is, null for a node
 * @property {number[]} nodes indices of the nodes in it
 */

/**
 * @typedef {object} View
 * @property {Box[]} boxes
 * @property {{ from: number, to: number }[]} arrows between boxes, each pair once
 * @property {number[]} boxOf by node
 */

/** Groups are unfolded at first as long as there are no more boxes than this. */
const CALM = 150;

/** The groups that the names of nodes tell, each folded or not. */
export class Folding {
  #plan;
  /** @type {Map<string, number>} how many nodes each group has */
  #sizes = new Map();
  /** @type {Set<string>} */
  #open = new Set();
  /** @type {string[][]} the groups of each node that have more than one, outermost first */
  #groups;

  /** @param {Plan} plan */
  constructor(plan) {
    this.#plan = plan;
    const keys = plan.nodes.map(({ path }) => path.map((_, depth) => path.slice(0, depth + 1).join("/")));
    for (const key of keys.flat()) {
      this.#sizes.set(key, (this.#sizes.get(key) ?? 0) + 1);
    }
    // A group that has just what a group within it has says nothing.
    this.#groups = keys.map((groups) =>
      groups.filter(
        (key, depth) => this.size(key) > 1 && this.size(key) !== this.size(groups[depth + 1] ?? ""),
      ),
    );
    this.#unfoldCalmly();
  }

  /** @param {string} group */
  size(group) {
    return this.#sizes.get(group) ?? 0;
  }

  /**
   * The groups that a node is in.
   * @param {number} node
   */
  groupsOf(node) {
    return this.#groups[node];
  }

  /**
   * Folds a group, with those in it, or unfolds it.
   * @param {string} group
   * @param {boolean} isOpen
   */
  set(group, isOpen) {
    if (isOpen) {
      this.#open.add(group);
      return;
    }
    for (const key of this.#open) {
      if (key === group || key.startsWith(`${group}/`)) {
        this.#open.delete(key);
      }
    }
  }

  /**
   * Unfolds what hides a node.
   * @param {number} node
   * @returns {boolean} whether there was any
   */
  reveal(node) {
    const hidden = this.#groups[node].filter((group) => !this.#open.has(group));
    for (const group of hidden) {
      this.#open.add(group);
    }
    return hidden.length > 0;
  }

  /** @returns {View} */
  view() {
    /** @type {Map<string, number>} */
    const byKey = new Map();
    /** @type {Box[]} */
    const boxes = [];
    const boxOf = this.#plan.nodes.map((_, node) => {
      const group = this.#groups[node].find((key) => !this.#open.has(key)) ?? null;
      const key = group ?? `node ${node}`;
      let box = byKey.get(key);
      if (box === undefined) {
        box = boxes.push({ key, group, nodes: [] }) - 1;
        byKey.set(key, box);
      }
      boxes[box].nodes.push(node);
      return box;
    });
    const pairs = new Map(
      this.#plan.links
        .map(({ from, to }) => ({ from: boxOf[from], to: boxOf[to] }))
        .filter(({ from, to }) => from !== to)
        .map((arrow) => [`${arrow.from} ${arrow.to}`, arrow]),
    );
    return { boxes, arrows: [...pairs.values()], boxOf };
  }

  /** Unfolds from the outermost on, as long as the picture stays calm. */
  #unfoldCalmly() {
    const depth = Math.max(0, ...this.#groups.map(({ length }) => length));
    for (let level = 0; level < depth; level += 1) {
      const before = new Set(this.#open);
      for (const groups of this.#groups) {
        if (level < groups.length) {
          this.#open.add(groups[level]);
        }
      }
      if (this.view().boxes.length > CALM) {
        this.#open = before;
        return;
      }
    }
  }
}
