import { Fourier } from "./fourier.ts";

const RATE = 16000;
/** Samples of a frame, of the step to the next, and of what is transformed. */
const FRAME = 480;
const STEP = 160;
const TRANSFORMED = 512;

const BANDS = 40;
const LOWEST = 125;
const HIGHEST = 7500;

/** How fast what is taken for noise follows the sound, in even and odd bands; and how much of a sound stays at least. */
const FOLLOWS = [0.025, 0.06];
const STAYS = 0.05;

/** How loudness is levelled: 2²¹ · (noise + 80)^-0.95, in 16 bits. */
const GAIN = 2 ** 21;
const QUIET = 80;
const STRENGTH = 0.95;
const MOST_GAIN = 0x7fff;

/** By which the logarithms are multiplied, in the frontend and in what is made of them. */
const LOG_SCALE = 64;
const FEATURE_SCALE = 1 / 25.6;

/**
 * The features of speech that TensorFlow Lite Micro's audio frontend makes, as microWakeWord and its models have them: forty
 * bands of 30 ms, each 10 ms, without the noise that stays, levelled, as logarithms. In floats where that computes in integers,
 * and rounded down where those are small.
 */
export class MicroFrontend {
  /** Samples that a frame takes, and from one to the next. */
  static readonly frame = FRAME;
  static readonly step = STEP;
  static readonly bands = BANDS;

  private readonly fourier = new Fourier(TRANSFORMED);
  private readonly window = Float64Array.from(
    { length: FRAME },
    (_, at) => 0.5 - 0.5 * Math.cos((2 * Math.PI * (at + 0.5)) / FRAME),
  );
  private readonly filters = bandFilters();
  private readonly noise = new Float64Array(BANDS);

  /**
   * The features of frames one behind the other, which follow those of the call before.
   *
   * @param samples - at 16,000 a second, from -1 to 1; as many as whole frames take
   * @returns from 0 to about 26, a frame after the other
   * @throws RangeError when the last frame is not whole
   */
  process(samples: Float32Array): Float32Array {
    const frames = (samples.length - FRAME) / STEP + 1;
    if (!Number.isInteger(frames) || frames < 1) {
      throw new RangeError(`${samples.length} samples are no whole frames of ${FRAME}, each ${STEP} later.`);
    }
    const features = new Float32Array(frames * BANDS);
    for (let frame = 0; frame < frames; frame++) {
      const part = samples.subarray(frame * STEP, frame * STEP + FRAME);
      features.set(this.frameFeatures(part), frame * BANDS);
    }
    return features;
  }

  private frameFeatures(samples: Float32Array): Float32Array {
    const windowed = new Float64Array(TRANSFORMED);
    samples.forEach((sample, at) => {
      const whole = Math.max(-32768, Math.min(32767, Math.round(sample * 32768)));
      windowed[at] = whole * (this.window[at] as number);
    });
    const { real, imaginary } = this.fourier.transform(windowed);
    return Float32Array.from(this.filters, ({ first, weights }, band) => {
      const energy = weights.reduce((sum, weight, at) => {
        return sum + weight * ((real[first + at] as number) ** 2 + (imaginary[first + at] as number) ** 2);
      }, 0);
      return this.feature(band, Math.floor(Math.sqrt(energy) / 8));
    });
  }

  /** What becomes of the magnitude of a band. */
  private feature(band: number, magnitude: number): number {
    const follows = FOLLOWS[band % 2] as number;
    const noise = magnitude * follows + (this.noise[band] as number) * (1 - follows);
    this.noise[band] = noise;
    const clean = Math.floor(Math.max(magnitude - noise, magnitude * STAYS, 0));
    const gain = Math.min(MOST_GAIN, GAIN * (8 * noise + QUIET) ** -STRENGTH);
    const levelled = Math.floor(shrunk(Math.floor((clean * gain) / 64) / 4096) * 64);
    return levelled > 0 ? Math.round(Math.log(8 * levelled) * LOG_SCALE) * FEATURE_SCALE : 0;
  }
}

/** Ratios up to 2 are squared, and others go on from there, straight. */
function shrunk(ratio: number): number {
  return ratio < 2 ? ratio ** 2 / 4 : ratio - 1;
}

/** Triangles over the frequencies, of equal width in mels. */
function bandFilters(): { readonly first: number; readonly weights: readonly number[] }[] {
  const mel = (hertz: number) => 1127 * Math.log1p(hertz / 700);
  const [lowest, spacing] = [mel(LOWEST), (mel(HIGHEST) - mel(LOWEST)) / (BANDS + 1)];
  const places = Array.from({ length: TRANSFORMED / 2 + 1 }, (_, bin) => {
    return (mel((bin * RATE) / TRANSFORMED) - lowest) / spacing;
  });
  return Array.from({ length: BANDS }, (_, band) => {
    const heights = places.map((place) => Math.max(0, 1 - Math.abs(place - band - 1)));
    const first = heights.findIndex((height) => height > 0);
    return { first, weights: heights.filter((height) => height > 0) };
  });
}
