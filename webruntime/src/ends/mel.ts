/** Options of filters that sum frequencies to mel bands. */
export interface MelOptions {
  /** How many frequencies there are from 0 to half the sampling rate: fft / 2 + 1. */
  readonly bins: number;
  /** How many filters there are. */
  readonly mels: number;
  /** Sampling rate in Hz. */
  readonly rate: number;
  /** Lowest frequency in Hz. Default: 0. */
  readonly low?: number | undefined;
  /** Highest frequency in Hz. Default: half of `rate`. */
  readonly high?: number | undefined;
  /** Whose scale. Default: "htk". */
  readonly scale?: "htk" | "slaney" | undefined;
  /** Whether each filter is divided by its width. Default: false. */
  readonly normalised?: boolean | undefined;
}

/** Below this many Hz Slaney's scale is linear, above logarithmic. */
const BREAK = 1000;
const HZ_PER_MEL = 200 / 3;
/** (ln 6.4) / 27 */
const LOG_STEP = 0.06875177742094912;

/**
 * Triangular filters, one for each mel band over all frequencies, as torchaudio's `melscale_fbanks` makes them.
 *
 * @returns [mels, bins], row by row: `filters[mel * bins + bin]`
 */
export function melFilters(options: MelOptions): Float32Array {
  const { bins, mels, rate, low = 0, high = rate / 2, scale = "htk", normalised = false } = options;
  const [toMel, toHz] = scale === "htk" ? [htkMel, htkHz] : [slaneyMel, slaneyHz];
  const [first, last] = [toMel(low), toMel(high)];
  const edges = Array.from({ length: mels + 2 }, (_, i) => toHz(first + ((last - first) * i) / (mels + 1)));
  const filters = new Float32Array(mels * bins);
  for (let mel = 0; mel < mels; mel++) {
    const [left, centre, right] = edges.slice(mel, mel + 3) as [number, number, number];
    for (let bin = 0; bin < bins; bin++) {
      const hz = (bin * rate) / 2 / (bins - 1);
      const height = Math.max(0, Math.min((hz - left) / (centre - left), (right - hz) / (right - centre)));
      filters[mel * bins + bin] = normalised ? (height * 2) / (right - left) : height;
    }
  }
  return filters;
}

function htkMel(hz: number): number {
  return 2595 * Math.log10(1 + hz / 700);
}

function htkHz(mel: number): number {
  return 700 * (10 ** (mel / 2595) - 1);
}

function slaneyMel(hz: number): number {
  return hz < BREAK ? hz / HZ_PER_MEL : BREAK / HZ_PER_MEL + Math.log(hz / BREAK) / LOG_STEP;
}

function slaneyHz(mel: number): number {
  const above = mel - BREAK / HZ_PER_MEL;
  return above < 0 ? mel * HZ_PER_MEL : BREAK * Math.exp(LOG_STEP * above);
}
