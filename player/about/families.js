/** Families of operators, which colours tell apart; what is in none is elementwise most often. */
const FAMILIES = {
  product: /conv|matmul|gemm|einsum|attention|lstm|gru|rnn/i,
  reduction: /pool|reduce|norm|softmax|mean|sum$|argm|topk|lrn|cumsum/i,
  move: /reshape|transpose|concat|split|slice|gather|pad|resize|copy|tile|expand|squeeze|flatten|depthtospace|spacetodepth|upsample|scatter|cast/i,
};

/**
 * The family of an operator.
 * @param {string} operator as the source calls it
 * @returns {"product" | "reduction" | "move" | "other"}
 */
export function familyOf(operator) {
  for (const [family, pattern] of Object.entries(FAMILIES)) {
    if (pattern.test(operator)) {
      return /** @type {keyof typeof FAMILIES} */ (family);
    }
  }
  return "other";
}
