import { checkCount, type HostFunction, isUnsigned, type Numbers } from "./types.ts";

/**
 * The different slices along an axis, where each occurs first, which of them stands at each place, and how often each
 * occurs. `ints` are the elements before, along and after the axis, and whether to sort the slices.
 */
export const findUnique: HostFunction = ([input], [before = 0, along = 0, after = 0, isSorted]) => {
  const { dtype, data } = input as NonNullable<typeof input>;
  checkCount(data, before, along, after);
  const compare = comparison(data, before, along, after, isUnsigned(dtype));
  const order = Array.from({ length: along }, (_, place) => place).sort((a, b) => compare(a, b) || a - b);
  // Places of equal slices follow each other, the first of them first.
  const groups: number[][] = [];
  for (const place of order) {
    const last = groups.at(-1);
    if (last && compare(last[0] as number, place) === 0) last.push(place);
    else groups.push([place]);
  }
  if (!isSorted) groups.sort(([a = 0], [b = 0]) => a - b);
  const inverse = new Int32Array(along);
  groups.forEach((group, index) => {
    for (const place of group) inverse[place] = index;
  });
  const slices = data.slice(0, before * groups.length * after);
  for (let outer = 0; outer < before; outer++) {
    groups.forEach(([place = 0], index) => {
      const from = (outer * along + place) * after;
      slices.set(data.subarray(from, from + after), (outer * groups.length + index) * after);
    });
  }
  return {
    learned: [groups.length],
    outputs: [
      slices,
      Int32Array.from(groups, ([place = 0]) => place),
      inverse,
      Int32Array.from(groups, ({ length }) => length),
    ],
  };
};

/** Compares two slices, element by element in their order; NaN comes last. */
function comparison(
  data: Numbers,
  before: number,
  along: number,
  after: number,
  unsigned: boolean,
): (a: number, b: number) => number {
  const number = (index: number) => (unsigned ? (data[index] as number) >>> 0 : (data[index] as number));
  return (a, b) => {
    for (let outer = 0; outer < before; outer++) {
      for (let inner = 0; inner < after; inner++) {
        const x = number((outer * along + a) * after + inner);
        const y = number((outer * along + b) * after + inner);
        if (x < y) return -1;
        if (x > y) return 1;
        if (Number.isNaN(x) !== Number.isNaN(y)) return Number.isNaN(x) ? 1 : -1;
      }
    }
    return 0;
  };
}
