// The models of random_use.js, and what they compute, as arithmetic on small whole numbers, which GPUs do exactly.

const floats = (shape, data) => ({ dtype: "float32", shape, data: Float32Array.from(data) });
const whole = (random, count) => Array.from({ length: count }, () => random(9) - 4);
const sum = (a, b) => a.map((value, i) => value + b[i]);
const twice = (data) => data.map((value) => 2 * value);

/** A call that does not look at what is remembered. */
const pure = (feeds, outputs) => ({ feeds, outputs: () => outputs, next: (state) => state });

/**
 * By name: `use(random)` makes the inputs of a run, with `outputs(state)`, `next(state)`, the state being a list of numbers;
 * `keeps` is the output that may stay on the GPU, `state` the name of what is remembered.
 */
export const KINDS = {
  vector: {
    isPure: true,
    keeps: "y",
    use(random) {
      const rows = 1 + random(5);
      return this.of(floats([rows, 3], whole(random, 3 * rows)));
    },
    of({ shape, data }) {
      const x = floats(shape, data);
      return pure(
        { x },
        {
          y: floats(shape, twice(data)),
          z: floats(
            shape,
            data.map((value) => -value),
          ),
        },
      );
    },
  },
  picture: {
    isPure: true,
    keeps: "pixels",
    use(random) {
      const bytes = Array.from({ length: 4 * 5 * 4 }, (_, i) => (i % 4 === 3 ? 255 : random(256)));
      const image = new ImageData(Uint8ClampedArray.from(bytes), 5, 4);
      const planes = [0, 1, 2].flatMap((channel) =>
        Array.from({ length: 20 }, (_, i) => Math.fround(bytes[4 * i + channel] / 255)),
      );
      return pure({ image }, { pixels: { ...floats([1, 3, 4, 5], planes), tolerance: 1e-6 } });
    },
    pixels: ({ data }) =>
      Array.from({ length: 20 }, (_, i) => [
        ...[0, 1, 2].map((channel) => Math.round(255 * data[20 * channel + i])),
        255,
      ]).flat(),
  },
  found: {
    isPure: true,
    use(random) {
      const data = Array.from({ length: 1 + random(9) }, () => random(2));
      const places = data.flatMap((value, i) => (value ? [BigInt(i)] : []));
      const y = { dtype: "int64", shape: [1, places.length], data: BigInt64Array.from(places) };
      return pure({ x: floats([data.length], data) }, { y });
    },
  },
  loop: {
    isPure: true,
    use(random) {
      const first = 1 + random(3);
      let [value, turns] = [first, 1 + random(8)];
      const limit = first * 2 ** turns;
      while (value < limit) value *= 2;
      return pure(
        { x: floats([2], [first, first]), limit: floats([], [limit]) },
        { y: floats([2], [value, value]) },
      );
    },
  },
  sums: {
    state: "sum",
    keeps: "y",
    initial: [0, 0, 0, 0, 0, 0],
    use(random) {
      const data = whole(random, 6);
      return {
        feeds: { x: floats([2, 3], data) },
        outputs: (state) => ({ y: floats([2, 3], twice(sum(state, data))) }),
        next: (state) => sum(state, data),
      };
    },
  },
  history: {
    state: "past",
    initial: [],
    use(random) {
      const data = whole(random, 1 + random(3));
      const next = (state) => [...state, ...data];
      return {
        feeds: { x: floats([data.length], data) },
        outputs: (state) => ({ y: floats([next(state).length], twice(next(state))) }),
        next,
      };
    },
  },
  branches: {
    state: "sum",
    initial: [0, 0, 0],
    use(random) {
      const rows = 1 + random(3);
      const flag = random(2);
      const data = whole(random, 3 * rows);
      const next = (state) =>
        state.map((value, column) => data.reduce((total, x, i) => total + (i % 3 === column ? x : 0), value));
      return {
        feeds: {
          x: floats([rows, 3], data),
          k: { dtype: "int64", shape: [], data: BigInt64Array.of(BigInt(flag)) },
        },
        outputs: (state) => {
          const now = next(state);
          return {
            y: flag
              ? floats([6], [...now, ...now])
              : floats(
                  [3],
                  now.map((value) => -value),
                ),
          };
        },
        next,
      };
    },
  },
};
