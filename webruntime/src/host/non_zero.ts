import { checkCount, type HostFunction } from "./types.ts";

/** The places of the elements that are not zero, a column for each: `ints` are the extents. NaN is not zero. */
export const placesOfNonZero: HostFunction = ([input], shape) => {
  const { data } = input as NonNullable<typeof input>;
  checkCount(data, ...shape);
  const found: number[] = [];
  data.forEach((number, index) => {
    if (number !== 0) found.push(index);
  });
  const places = new Int32Array(shape.length * found.length);
  let stride = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const extent = shape[axis] as number;
    found.forEach((index, column) => {
      places[axis * found.length + column] = Math.floor(index / stride) % extent;
    });
    stride *= extent;
  }
  return { learned: [found.length], outputs: [places] };
};
