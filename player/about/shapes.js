import { shapeText, typeText } from "../shared/figures.js";

/** @import { Expression } from "../../webruntime/src/bundle/generated/graph_file.ts" */
/** @import { ModelFacts } from "./facts.js" */
/** @import { PlanNode } from "./plan.js" */

/**
 * The shape of what a node leaves; sizes that are free have their names.
 * @param {ModelFacts} facts
 * @param {PlanNode} node
 * @param {boolean} [isTyped] whether its type is told, too
 */
export function resultShape({ plan, runtime }, node, isTyped = false) {
  const found = node.result < 0 ? undefined : plan.file.plans.webgl2.tensors[node.result];
  if (!found) {
    return "";
  }
  const extents = found.shape.map((extent) => sizeText(extent, runtime.renderSize));
  return isTyped ? typeText(found.dtype, extents) : shapeText(extents);
}

/**
 * An extent: a number, or the name of a size; formulas that fill a line are told as such.
 * @param {Expression} extent
 * @param {(extent: Expression) => number | string} render
 */
function sizeText(extent, render) {
  const text = render(extent);
  return typeof text === "string" && text.length > 24 ? "…" : text;
}
