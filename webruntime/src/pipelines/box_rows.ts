import type { Boxes } from "../bundle/generated/graph_file.ts";
import { softmax } from "../ends.ts";
import type { Tensor } from "../graph/tensor.ts";
import { activate, type Meant, numbersOf } from "./task_model.ts";

/** What an output has of boxes. */
export type BoxPart = NonNullable<Boxes["part"]>;

/** The outputs that have a part of boxes, by that part. */
export type BoxParts = (part: BoxPart) => readonly Meant<"boxes">[];

/** Boxes in rows, as a model tells them. */
export interface BoxRows {
  /** Four numbers a box, then x and y of its points. */
  readonly numbers: Float32Array;
  /** How many numbers a box has. */
  readonly columns: number;
  /** Probabilities of each class, the background left out: row by row. */
  readonly scores: Float32Array;
  /** How many classes there are. */
  readonly classes: number;
  /** The class of each box, where it has one score. */
  readonly labels: Float32Array | undefined;
}

type Outputs = Readonly<Record<string, Tensor>>;

/**
 * Puts the outputs of a run together.
 *
 * @throws RangeError when the numbers of the parts do not fit each other
 */
export function boxRows(of: BoxParts, outputs: Outputs): BoxRows {
  const table = of("table");
  return table.length > 0 ? rowsOfTables(table, outputs) : rowsOfParts(of, outputs);
}

function rowsOfParts(of: BoxParts, outputs: Outputs): BoxRows {
  const [boxes, scores, labels, count] = (["boxes", "scores", "labels", "count"] as const).map((part) =>
    joined(of(part), outputs),
  ) as [Rows, Rows, Rows, Rows];
  const [limit = boxes.count] = count.numbers;
  const all = Math.min(boxes.count, Math.max(0, Math.trunc(limit) || 0));
  // One number a box may have no axis of its own.
  const isOne = labels.count > 0 || scores.numbers.length === boxes.count;
  const classes = isOne ? 1 : scores.columns;
  const points = of("points").length > 0 ? joined(of("points"), outputs).numbers : undefined;
  const numbers = boxes.numbers.subarray(0, all * boxes.columns);
  const { background } = of("scores")[0]?.role ?? {};
  const kept = withoutColumn(scores.numbers.subarray(0, all * classes), classes, background);
  return {
    ...(points ? besides(numbers, boxes.columns, points, boxes.count) : { numbers, columns: boxes.columns }),
    scores: kept,
    classes: all > 0 ? kept.length / all : 0,
    labels: labels.count > 0 ? labels.numbers.subarray(0, all) : undefined,
  };
}

/** Numbers in rows. */
interface Rows {
  readonly numbers: Float32Array;
  readonly columns: number;
  readonly count: number;
}

/** Outputs of one part, such as those of several grids, below each other. */
function joined(parts: readonly Meant<"boxes">[], outputs: Outputs): Rows {
  const all = parts.map(({ info, role }) => {
    const { columns, numbers } = rowsOf(outputs, info.name, numbersOf(outputs, info), role);
    return meanOf({ columns, numbers: activate(numbers, columns, role.activation) }, role.distribution);
  });
  const columns = all[0]?.columns ?? 1;
  if (all.some((one) => one.columns !== columns))
    throw new RangeError("Boxes have rows of different lengths.");
  const numbers =
    all.length === 1 ? (all[0]?.numbers as Float32Array) : concatenated(all.map((one) => one.numbers));
  return { numbers, columns, count: numbers.length / columns };
}

/** Rows with a number in place of each of so many that say how likely it is 0, 1, 2 and so on. */
function meanOf(rows: Pick<Rows, "columns" | "numbers">, likely?: number): Pick<Rows, "columns" | "numbers"> {
  if (likely === undefined) return rows;
  if (rows.columns % likely !== 0) {
    throw new RangeError(`Rows of ${rows.columns} numbers have none with ${likely} for each.`);
  }
  const numbers = Float32Array.from({ length: rows.numbers.length / likely }, (_, at) =>
    softmax(rows.numbers.subarray(at * likely, (at + 1) * likely)).reduce(
      (sum, share, step) => sum + share * step,
      0,
    ),
  );
  return { columns: rows.columns / likely, numbers };
}

/** The numbers of an output row by row. */
function rowsOf(outputs: Outputs, name: string, numbers: Float32Array, { transposed }: Boxes) {
  const { shape } = outputs[name] as Tensor;
  const last = shape.at(-1) ?? 1;
  if (!transposed) return { columns: last, numbers };
  const columns = shape.at(-2) ?? 1;
  return {
    columns,
    numbers: numbers.map((_, at) => numbers[(at % columns) * last + Math.floor(at / columns)] as number),
  };
}

function rowsOfTables(tables: readonly Meant<"boxes">[], outputs: Outputs): BoxRows {
  const role = (tables[0] as Meant<"boxes">).role;
  const { activation, ...plain } = role;
  const { numbers, columns, count } = joined(
    tables.map(({ info }) => ({ info, role: plain })),
    outputs,
  );
  const placed = 4 + 2 * (role.points ?? 0);
  const behind = columns - placed;
  const least = { scores: 1, "objectness-scores": 1, "score-label": 2, "label-score": 2 }[
    role.columns ?? "scores"
  ];
  if (behind < least) {
    throw new RangeError(
      `Rows of ${columns} numbers are too short: a box has ${placed}, and ${least} or more are behind.`,
    );
  }
  const column = (at: number) =>
    Float32Array.from({ length: count }, (_, row) => numbers[row * columns + at] as number);
  const block = (from: number, width: number) =>
    Float32Array.from({ length: count * width }, (_, at) => {
      return numbers[Math.floor(at / width) * columns + from + (at % width)] as number;
    });
  const boxes = { numbers: block(0, placed), columns: placed };
  if (role.columns === "score-label" || role.columns === "label-score") {
    const [score, label] = role.columns === "score-label" ? [placed, placed + 1] : [placed + 1, placed];
    return { ...boxes, scores: activate(column(score), 1, activation), classes: 1, labels: column(label) };
  }
  const isWeighted = role.columns === "objectness-scores";
  const classes = behind - Number(isWeighted);
  let scores = activate(block(columns - classes, classes), classes, activation);
  if (isWeighted) {
    const objectness = activate(column(placed), 1, activation);
    scores = scores.map((score, at) => score * (objectness[Math.floor(at / classes)] as number));
  }
  const kept = withoutColumn(scores, classes, role.background);
  return { ...boxes, scores: kept, classes: count > 0 ? kept.length / count : 0, labels: undefined };
}

/** Rows with the numbers of other rows behind their own. */
function besides(numbers: Float32Array, columns: number, others: Float32Array, rows: number) {
  const count = numbers.length / columns;
  const more = others.length / rows;
  if (!Number.isInteger(more))
    throw new RangeError(`${others.length} numbers are no points of ${rows} boxes.`);
  const result = new Float32Array(count * (columns + more));
  for (let row = 0; row < count; row++) {
    result.set(numbers.subarray(row * columns, (row + 1) * columns), row * (columns + more));
    result.set(others.subarray(row * more, (row + 1) * more), row * (columns + more) + columns);
  }
  return { numbers: result, columns: columns + more };
}

function withoutColumn(numbers: Float32Array, columns: number, column: number | undefined): Float32Array {
  return column === undefined ? numbers : numbers.filter((_, at) => at % columns !== column);
}

function concatenated(all: readonly Float32Array[]): Float32Array {
  const result = new Float32Array(all.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const numbers of all) {
    result.set(numbers, at);
    at += numbers.length;
  }
  return result;
}
