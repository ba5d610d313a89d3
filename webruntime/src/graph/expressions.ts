import type { Expression, Real } from "../bundle/generated/graph_file.ts";
import { TexelflowError } from "../errors.ts";

/** Sizes of the free dimensions by name. */
export type Symbols = ReadonlyMap<string, number>;

/** Numbers that JSON cannot write. */
const SPECIAL: Record<string, number> = {
  inf: Number.POSITIVE_INFINITY,
  "-inf": Number.NEGATIVE_INFINITY,
  nan: Number.NaN,
};

type Operation = (...operands: number[]) => number;

/** Operations of two or more operands, applied from left to right. */
const CHAINED: Record<string, (left: number, right: number) => number> = {
  "+": (left, right) => left + right,
  "-": (left, right) => left - right,
  "*": (left, right) => left * right,
  "//": (left, right) => Math.floor(left / right),
  "%": (left, right) => left - Math.floor(left / right) * right,
  min: (left, right) => Math.min(left, right),
  max: (left, right) => Math.max(left, right),
  "==": (left, right) => (left === right ? 1 : 0),
  "<": (left, right) => (left < right ? 1 : 0),
  // A constraint of the graph ensures that the others are equal to it or 1.
  broadcast: (left, right) => (left === 1 ? right : left),
};

/** Operations on floats only; like ONNX, `round` rounds halves to even. */
const FLOATING: Record<string, Operation> = {
  "/": (left = 0, right = 0) => left / right,
  floor: Math.floor,
  ceil: Math.ceil,
  round: (number = 0) => number - remainderToEven(number),
  sqrt: Math.sqrt,
  abs: Math.abs,
  fround: Math.fround,
};

/** The difference between a number and its value rounded half to even. */
function remainderToEven(number: number): number {
  const above = number - Math.floor(number);
  const isUp = above > 0.5 || (above === 0.5 && Math.floor(number) % 2 !== 0);
  return isUp ? above - 1 : above;
}

/** Deepest nesting of an expression: a maliciously damaged file must not exhaust the stack. */
const DEEPEST = 500;

const DIVISIONS = ["//", "%", "/"];

/** Operations of an integer expression with integers as operands. */
const INTEGRAL = [...Object.keys(CHAINED), "select"];

/**
 * Value of an integer or real expression of graph.json.
 *
 * @throws Error when a symbol has no value, or a division is by zero
 */
export function evaluate(expression: Expression | Real, symbols: Symbols): number {
  if (typeof expression === "number") return expression;
  if (typeof expression === "string") {
    const value = symbols.get(expression) ?? SPECIAL[expression];
    if (value === undefined)
      throw new TexelflowError("size", `The size of dimension "${expression}" is not known.`);
    return value;
  }
  const [name, first, ...rest] = expression as [string, Real, ...Real[]];
  if (name === "select") {
    // Only the branch taken is evaluated: the other may divide by zero.
    return evaluate(rest[evaluate(first, symbols) !== 0 ? 0 : 1] as Expression, symbols);
  }
  const start = evaluate(first, symbols);
  if (name === "trunc") return wholePart(start);
  const others = rest.map((operand) => evaluate(operand, symbols));
  if (others.includes(0) && DIVISIONS.includes(name)) {
    throw new TexelflowError(
      "size",
      `A size is divided by zero (${start} ${name} 0): an input is too small for this model.`,
    );
  }
  if (name === "-" && others.length === 0) return -start;
  const chained = CHAINED[name];
  return chained ? others.reduce(chained, start) : (FLOATING[name] as Operation)(start, ...others);
}

function wholePart(number: number): number {
  if (Number.isFinite(number)) return Math.trunc(number);
  throw new TexelflowError(
    "size",
    `A size is computed as ${number}: an input is too small or too large for this model.`,
  );
}

/**
 * Whether a value of graph.json is an expression that `evaluate` understands.
 *
 * @param isNumber - tests the numbers that may occur; if these are integers, floats may still occur within `trunc`
 */
export function isExpression(
  value: unknown,
  symbols: ReadonlySet<unknown>,
  isNumber: (value: unknown) => boolean,
  depth = 0,
): boolean {
  if (depth > DEEPEST) return false;
  if (!Array.isArray(value)) return isNumber(value) || symbols.has(value);
  const [operation, ...operands] = value;
  const areExpressions = (test: (value: unknown) => boolean) =>
    operands.length > 0 && operands.every((operand) => isExpression(operand, symbols, test, depth + 1));
  if (operation === "trunc") return operands.length === 1 && areExpressions(Number.isFinite);
  const isFloat = isNumber === Number.isFinite && Object.keys(FLOATING).includes(operation);
  if (isFloat) return operands.length === (operation === "/" ? 2 : 1) && areExpressions(isNumber);
  return (
    INTEGRAL.includes(operation) &&
    (operation !== "select" || operands.length === 3) &&
    areExpressions(isNumber)
  );
}

/** Whether a value of graph.json stands for a number that JSON cannot write. */
export function isSpecial(value: unknown): boolean {
  return Object.keys(SPECIAL).includes(value as string);
}

/** How tightly operations bind; all others are written as calls. */
const PRECEDENCE: Record<string, number> = {
  "==": 0,
  "<": 0,
  "+": 1,
  "-": 1,
  "*": 2,
  "/": 2,
  "//": 2,
  "%": 2,
};
const TIGHTEST = 3;

/** An expression as people write it: `batch`, `2*height + 1`, `max(1, n)`. */
export function render(expression: Expression): number | string {
  return typeof expression === "object" ? write(expression)[0] : expression;
}

/** The text of an expression and its precedence. The exporter's dimensions/text.py writes the same. */
function write(expression: Real): [text: string, precedence: number] {
  if (typeof expression !== "object") return [String(expression), TIGHTEST];
  const [operation, first, ...others] = expression as [string, Real, ...Real[]];
  const within = (operand: Real, least: number) => {
    const [text, precedence] = write(operand);
    return precedence >= least ? text : `(${text})`;
  };
  const precedence = PRECEDENCE[operation];
  if (precedence === undefined) {
    const operands = [first, ...others].map((operand) => write(operand)[0]);
    return [`${operation}(${operands.join(", ")})`, TIGHTEST];
  }
  if (operation === "-" && first === 0 && others.length > 0) {
    return [`-${others.map((operand) => within(operand, 2)).join(" - ")}`, 1];
  }
  // Nested sums need no parentheses; a quotient within a product gets them to be easier to read.
  const texts = [
    within(first, precedence < 2 ? 1 : TIGHTEST),
    ...others.map((operand) => within(operand, precedence + 1)),
  ];
  return [texts.join(precedence < 2 ? ` ${operation} ` : operation), precedence];
}
