/** Zeros of the windowed sinc on either side, and the part of the lower rate's band that is kept: those of torchaudio. */
const ZEROS = 6;
const ROLLOFF = 0.99;

/**
 * Sound at another sampling rate, by a sinc under a Hann window, as torchaudio's `resample` computes it.
 *
 * @param from - samples a second, a whole number, and `to`, too
 * @returns ⌈samples · to / from⌉ samples
 * @throws RangeError unless both rates are whole numbers above 0
 */
export function resample(samples: Float32Array, from: number, to: number): Float32Array {
  if (!(Number.isInteger(from) && Number.isInteger(to) && from > 0 && to > 0)) {
    throw new RangeError(`Sampling rates are whole numbers above 0, not ${from} and ${to}.`);
  }
  if (from === to) return samples.slice();
  const divisor = greatestDivisor(from, to);
  const [old, fresh] = [from / divisor, to / divisor];
  const base = Math.min(old, fresh) * ROLLOFF;
  const width = Math.ceil((ZEROS * old) / base);
  const length = 2 * width + old;
  const result = new Float32Array(Math.ceil((fresh * samples.length) / old));
  for (let phase = 0; phase < Math.min(fresh, result.length); phase++) {
    const kernel = Float64Array.from(
      { length },
      (_, i) => weight(((i - width) / old - phase / fresh) * base) * (base / old),
    );
    for (let place = phase, begin = -width; place < result.length; place += fresh, begin += old) {
      let sum = 0;
      const end = Math.min(length, samples.length - begin);
      for (let i = Math.max(0, -begin); i < end; i++)
        sum += (kernel[i] as number) * (samples[begin + i] as number);
      result[place] = sum;
    }
  }
  return result;
}

/** The windowed sinc. */
function weight(time: number): number {
  const t = Math.min(Math.max(time, -ZEROS), ZEROS);
  const window = Math.cos((t * Math.PI) / ZEROS / 2) ** 2;
  return t === 0 ? window : (window * Math.sin(t * Math.PI)) / (t * Math.PI);
}

function greatestDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestDivisor(b, a % b);
}
