/** @typedef {readonly [readonly number[], readonly number[], readonly number[], readonly number[]]} Axes */

/**
 * A tensor as pictures: `count` of them, `width` × `height` elements each. Of a batch it is the first entry.
 * @typedef {object} Planes
 * @property {number} count
 * @property {number} width
 * @property {number} height
 * @property {(plane: number, x: number, y: number) => number} place of an element in the tensor; -1 where there is none
 */

/**
 * How a tensor is looked at: its channels as pictures, a matrix as one, a vector in lines below each other.
 * @param {readonly number[]} shape
 * @param {Axes | undefined} axes those of batch, channels, height and width, as a blocked tensor of the plan has them; without
 *   them the last two are taken for height and width
 * @returns {Planes}
 */
export function planesOf(shape, axes) {
  const [, channels, rows, columns] = axes ? axes.map((group) => offsets(shape, group)) : plainAxes(shape);
  const [count, height, width] = [channels.length, rows.length, columns.length];
  if (height > 1 && width > 1) {
    return { count, width, height, place: (plane, x, y) => channels[plane] + rows[y] + columns[x] };
  }
  const line = height > 1 ? rows : columns;
  if (line.length > 1 && count > 1) {
    return { count: 1, width: count, height: line.length, place: (_, x, y) => channels[x] + line[y] };
  }
  const all = count > 1 ? channels : line;
  const side = Math.ceil(Math.sqrt(all.length));
  return {
    count: 1,
    width: side,
    height: Math.ceil(all.length / Math.max(1, side)),
    place: (_, x, y) => all[y * side + x] ?? -1,
  };
}

/** @param {readonly number[]} shape */
function plainAxes(shape) {
  const rank = shape.length;
  const before = Array.from({ length: Math.max(0, rank - 2) }, (_, axis) => axis);
  // A batch of one in front of channels is none of them; of more than three axes the first is the batch.
  const [batch, channels] = before.length > 1 ? [before.slice(0, 1), before.slice(1)] : [[], before];
  return [batch, channels, rank > 1 ? [rank - 2] : [], rank > 0 ? [rank - 1] : []].map((group) =>
    offsets(shape, group),
  );
}

/**
 * Where each index of a group of axes lies in the tensor, first axis slowest.
 * @param {readonly number[]} shape
 * @param {readonly number[]} group
 */
function offsets(shape, group) {
  let found = [0];
  for (const axis of group) {
    const stride = shape.slice(axis + 1).reduce((product, extent) => product * extent, 1);
    found = found.flatMap((offset) =>
      Array.from({ length: shape[axis] }, (_, index) => offset + index * stride),
    );
  }
  return found;
}
