import { Fourier } from "./fourier.ts";
import { type MelOptions, melFilters } from "./mel.ts";

/** Options of a short-time Fourier transform. */
export interface SpectrumOptions {
  /** Size of the transform, in samples. */
  readonly fft: number;
  /** Samples from one frame to the next. Default: A quarter of `fft`. */
  readonly hop?: number | undefined;
  /** By which each frame is multiplied: a periodic Hann window of `fft` samples unless given; shorter ones lie in the middle. */
  readonly window?: ArrayLike<number> | undefined;
  /** Whether frames are centred on their samples, the sound being mirrored at its ends. Default: true. */
  readonly centred?: boolean | undefined;
}

/** A value for each frame and frequency, or mel band: `data[frame * bins + bin]`. */
export interface Spectrum {
  readonly frames: number;
  readonly bins: number;
  readonly data: Float32Array;
}

/**
 * A Hann window.
 *
 * @param periodic - whether it is periodic, as spectra need it; else it is symmetric
 */
export function hannWindow(length: number, periodic = true): Float32Array {
  const period = periodic ? length : length - 1;
  return Float32Array.from({ length }, (_, i) =>
    length === 1 ? 1 : 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / period),
  );
}

/**
 * Cuts sound into frames; the rest that does not fill a frame is left out.
 *
 * @param size - samples of a frame; `hop` samples lie between the starts of frames
 * @throws RangeError unless both are whole numbers above 0
 */
export function framesOf(samples: Float32Array, size: number, hop: number): Float32Array[] {
  if (!(Number.isInteger(size) && Number.isInteger(hop) && size > 0 && hop > 0))
    throw new RangeError(
      `Frames and the hop between them are whole numbers above 0, not ${size} and ${hop}.`,
    );
  const count = Math.max(0, Math.floor((samples.length - size) / hop) + 1);
  return Array.from({ length: count }, (_, frame) => samples.subarray(frame * hop, frame * hop + size));
}

/**
 * The short-time Fourier transform, as torch.stft computes it.
 *
 * @param samples - of one channel
 * @returns real and imaginary parts [frames, bins] of fft / 2 + 1 frequencies, from 0 to half the sampling rate
 * @throws RangeError when the window is longer than `fft`, or the sound too short to be mirrored at its ends
 */
export function stft(
  samples: Float32Array,
  options: SpectrumOptions,
): {
  readonly frames: number;
  readonly bins: number;
  readonly real: Float32Array;
  readonly imaginary: Float32Array;
} {
  const { fft, hop = Math.max(1, Math.floor(fft / 4)), centred = true } = options;
  const window = centredWindow(options.window ?? hannWindow(fft), fft);
  const padded = centred ? mirrored(samples, Math.floor(fft / 2)) : samples;
  const frames = framesOf(padded, fft, hop);
  const bins = Math.floor(fft / 2) + 1;
  const real = new Float32Array(frames.length * bins);
  const imaginary = new Float32Array(frames.length * bins);
  const fourier = new Fourier(fft);
  const work = new Float64Array(fft);
  frames.forEach((frame, index) => {
    for (let i = 0; i < fft; i++) work[i] = (frame[i] as number) * (window[i] as number);
    const transformed = fourier.transform(work);
    real.set(transformed.real.subarray(0, bins), index * bins);
    imaginary.set(transformed.imaginary.subarray(0, bins), index * bins);
  });
  return { frames: frames.length, bins, real, imaginary };
}

/**
 * The magnitudes of a short-time Fourier transform.
 *
 * @param power - the exponent of the magnitudes. Default: 2
 */
export function spectrogram(samples: Float32Array, options: SpectrumOptions, power = 2): Spectrum {
  const { frames, bins, real, imaginary } = stft(samples, options);
  const data = real.map((re, i) => Math.hypot(re, imaginary[i] as number) ** power);
  return { frames, bins, data };
}

/** Options of a logarithmic mel spectrogram. */
export interface LogMelOptions extends SpectrumOptions, Omit<MelOptions, "bins"> {
  /** "ln" or "log10" of at least `floor`; or "whisper": log10, no more than 8 below the largest, then (x + 4) / 4. */
  readonly log?: "ln" | "log10" | "whisper" | undefined;
  /** Smallest number whose logarithm is taken. Default: 1e-10. */
  readonly floor?: number | undefined;
  /** To which magnitudes are raised. Default: 2. */
  readonly power?: number | undefined;
  /** Leaves out the last frame, as Whisper does. Default: false. */
  readonly dropLast?: boolean | undefined;
}

/**
 * The logarithm of a mel spectrogram.
 *
 * @param samples - of one channel, `options.rate` a second
 * @returns [frames, mels]: `bins` is how many mels there are
 */
export function logMel(samples: Float32Array, options: LogMelOptions): Spectrum {
  const { log = "ln", floor = 1e-10, power = 2, dropLast = false } = options;
  const spectrum = spectrogram(samples, options, power);
  const { bins } = spectrum;
  const frames = Math.max(0, spectrum.frames - Number(dropLast));
  const filters = melFilters({ ...options, bins });
  const { mels } = options;
  const data = new Float32Array(frames * mels);
  const take = log === "ln" ? Math.log : Math.log10;
  let largest = Number.NEGATIVE_INFINITY;
  for (let frame = 0; frame < frames; frame++) {
    for (let mel = 0; mel < mels; mel++) {
      let sum = 0;
      for (let bin = 0; bin < bins; bin++) {
        sum += (filters[mel * bins + bin] as number) * (spectrum.data[frame * bins + bin] as number);
      }
      const value = take(Math.max(floor, sum));
      data[frame * mels + mel] = value;
      largest = Math.max(largest, value);
    }
  }
  if (log !== "whisper") return { frames, bins: mels, data };
  return { frames, bins: mels, data: data.map((value) => (Math.max(value, largest - 8) + 4) / 4) };
}

function centredWindow(window: ArrayLike<number>, length: number): Float64Array {
  if (window.length > length)
    throw new RangeError(`A window of ${window.length} samples is longer than ${length}.`);
  const result = new Float64Array(length);
  result.set(window, Math.floor((length - window.length) / 2));
  return result;
}

/** Extends sound at either end by so many samples, mirrored there. */
function mirrored(samples: Float32Array, count: number): Float32Array {
  if (samples.length <= count) {
    throw new RangeError(
      `${samples.length} samples are too few to be mirrored: more than ${count} are needed.`,
    );
  }
  const last = samples.length - 1;
  return Float32Array.from({ length: samples.length + 2 * count }, (_, i) => {
    const place = Math.abs(i - count);
    return samples[place > last ? 2 * last - place : place] as number;
  });
}
