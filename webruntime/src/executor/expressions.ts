import type { Expression, Real } from "../generated/graph_file.ts";

/** Sizes of the free dimensions by name. */
export type Symbols = ReadonlyMap<string, number>;

/** Numbers that JSON cannot write. */
const SPECIAL: Record<string, number> = {
  inf: Number.POSITIVE_INFINITY,
  "-inf": Number.NEGATIVE_INFINITY,
  nan: Number.NaN,
};

type Operation = (left: number, right: number) => number;

const OPERATIONS: Record<string, Operation> = {
  "+": (left, right) => left + right,
  "-": (left, right) => left - right,
  "*": (left, right) => left * right,
  "/": (left, right) => left / right,
  "//": (left, right) => Math.floor(left / right),
  "%": (left, right) => left - Math.floor(left / right) * right,
  min: Math.min,
  max: Math.max,
  "==": (left, right) => (left === right ? 1 : 0),
  "<": (left, right) => (left < right ? 1 : 0),
};

/**
 * Value of an integer or real expression of graph.json.
 *
 * @throws Error when a symbol has no value, or a division is by zero
 */
export function evaluate(expression: Expression | Real, symbols: Symbols): number {
  if (typeof expression === "number") return expression;
  if (typeof expression === "string") {
    const value = symbols.get(expression) ?? SPECIAL[expression];
    if (value === undefined) throw new Error(`The size of dimension "${expression}" is not known.`);
    return value;
  }
  const [operation, first, ...rest] = expression;
  if (operation === "select") {
    // Only the branch taken is evaluated: the other may divide by zero.
    return evaluate(rest[evaluate(first, symbols) !== 0 ? 0 : 1] as Expression, symbols);
  }
  const start = evaluate(first, symbols);
  if (operation === "-" && rest.length === 0) return -start;
  return rest.reduce(
    (left: number, operand) => apply(operation as string, left, evaluate(operand, symbols)),
    start,
  );
}

function apply(operation: string, left: number, right: number): number {
  if (right === 0 && (operation === "//" || operation === "%" || operation === "/")) {
    throw new Error(
      `A size is divided by zero (${left} ${operation} 0): an input is too small for this model.`,
    );
  }
  return (OPERATIONS[operation] as Operation)(left, right);
}

/**
 * Whether a value of graph.json is an expression that `evaluate` understands.
 *
 * @param isNumber - which numbers may occur
 */
export function isExpression(
  value: unknown,
  symbols: readonly unknown[],
  isNumber: (value: unknown) => boolean,
): boolean {
  if (!Array.isArray(value)) return isNumber(value) || symbols.includes(value);
  const [operation, ...operands] = value;
  const isKnown =
    operation === "select" ? operands.length === 3 : Object.keys(OPERATIONS).includes(operation);
  return (
    isKnown && operands.length > 0 && operands.every((operand) => isExpression(operand, symbols, isNumber))
  );
}

/** Whether a value of graph.json stands for a number that JSON cannot write. */
export function isSpecial(value: unknown): boolean {
  return Object.keys(SPECIAL).includes(value as string);
}

/** Whether an expression needs no symbol. */
export function isConstant(expression: Expression | Real): boolean {
  if (typeof expression === "number") return true;
  if (typeof expression === "string") return expression in SPECIAL;
  return expression.slice(1).every((operand) => isConstant(operand as Expression));
}

/** An expression as people write it: `batch`, `2 * height + 1`, `max(1, n)`. */
export function render(expression: Expression): number | string {
  if (typeof expression !== "object") return expression;
  const [operation, ...operands] = expression;
  const parts = operands.map((operand) => {
    const text = String(render(operand));
    const isSum = typeof operand === "object" && !/^\w/.test(String(operand[0]));
    return /^[a-z]/.test(String(operation)) || !isSum ? text : `(${text})`;
  });
  if (/^[a-z]/.test(String(operation))) return `${operation}(${parts.join(", ")})`;
  return parts.length === 1 ? `${operation}${parts[0]}` : parts.join(` ${operation} `);
}
