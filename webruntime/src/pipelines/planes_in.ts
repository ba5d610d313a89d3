import { type Numbers, type Plane, planesOf } from "../ends.ts";

/**
 * The channels of an output that is a picture, one at least, of one pixel at least.
 *
 * @throws RangeError when it is none
 */
export function planesIn(numbers: Numbers, channels?: number): [Plane, ...Plane[]] {
  const [first, ...others] = planesOf(numbers, channels);
  if (first && first.data.length > 0) return [first, ...others];
  throw new RangeError(`A tensor of shape [${numbers.shape.join(", ")}] is an empty picture.`);
}
