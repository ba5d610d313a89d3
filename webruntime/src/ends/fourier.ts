/** Transforms signals of one length, whichever it is, in 64 bits. */
export class Fourier {
  /** A power of two: the length itself, or one that the convolution of Bluestein's algorithm fits into. */
  private readonly size: number;
  private readonly cosines: Float64Array;
  private readonly sines: Float64Array;
  /** Of other lengths: the factors of Bluestein's algorithm, and the transform of what they are convolved with. */
  private readonly chirp: { readonly factors: Complex; readonly filter: Complex } | null = null;

  constructor(readonly length: number) {
    const isPower = Number.isInteger(Math.log2(length));
    this.size = isPower ? length : 2 ** Math.ceil(Math.log2(2 * length - 1));
    this.cosines = Float64Array.from({ length: this.size / 2 }, (_, i) =>
      Math.cos((2 * Math.PI * i) / this.size),
    );
    this.sines = Float64Array.from(
      { length: this.size / 2 },
      (_, i) => -Math.sin((2 * Math.PI * i) / this.size),
    );
    if (isPower) return;
    const factors = complex(length);
    const filter = complex(this.size);
    for (let i = 0; i < length; i++) {
      // The square is taken modulo twice the length, so that the angle stays exact.
      const angle = (Math.PI * ((i * i) % (2 * length))) / length;
      factors.real[i] = Math.cos(angle);
      factors.imaginary[i] = -Math.sin(angle);
      for (const place of [i, (this.size - i) % this.size]) {
        filter.real[place] = Math.cos(angle);
        filter.imaginary[place] = Math.sin(angle);
      }
    }
    this.transformPower(filter);
    this.chirp = { factors, filter };
  }

  /** The transform of real numbers. */
  transform(signal: ArrayLike<number>): Complex {
    const { length, size, chirp } = this;
    const work = complex(size);
    if (!chirp) {
      work.real.set(signal);
      this.transformPower(work);
      return work;
    }
    const { factors, filter } = chirp;
    for (let i = 0; i < length; i++) {
      work.real[i] = (signal[i] as number) * (factors.real[i] as number);
      work.imaginary[i] = (signal[i] as number) * (factors.imaginary[i] as number);
    }
    this.transformPower(work);
    multiply(work, filter);
    // The inverse is the transform of the conjugate, conjugated, by the size.
    for (let i = 0; i < size; i++) work.imaginary[i] = -(work.imaginary[i] as number);
    this.transformPower(work);
    for (let i = 0; i < size; i++) {
      work.real[i] = (work.real[i] as number) / size;
      work.imaginary[i] = -(work.imaginary[i] as number) / size;
    }
    const result = { real: work.real.subarray(0, length), imaginary: work.imaginary.subarray(0, length) };
    multiply(result, factors);
    return result;
  }

  /** Transforms in place what is as long as the power of two. */
  private transformPower({ real, imaginary }: Complex): void {
    const { size, cosines, sines } = this;
    for (let i = 1, j = 0; i < size; i++) {
      let bit = size >> 1;
      for (; j & bit; bit >>= 1) j ^= bit;
      j ^= bit;
      if (i >= j) continue;
      for (const part of [real, imaginary]) [part[i], part[j]] = [part[j] as number, part[i] as number];
    }
    for (let span = 2; span <= size; span *= 2) {
      const half = span / 2;
      const step = size / span;
      for (let begin = 0; begin < size; begin += span) {
        for (let k = 0; k < half; k++) {
          const [c, s] = [cosines[k * step] as number, sines[k * step] as number];
          const [a, b] = [begin + k, begin + k + half];
          const re = (real[b] as number) * c - (imaginary[b] as number) * s;
          const im = (real[b] as number) * s + (imaginary[b] as number) * c;
          real[b] = (real[a] as number) - re;
          imaginary[b] = (imaginary[a] as number) - im;
          real[a] = (real[a] as number) + re;
          imaginary[a] = (imaginary[a] as number) + im;
        }
      }
    }
  }
}

/** Complex numbers. */
interface Complex {
  readonly real: Float64Array;
  readonly imaginary: Float64Array;
}

function complex(length: number): Complex {
  return { real: new Float64Array(length), imaginary: new Float64Array(length) };
}

/** Multiplies the first numbers by the second, in place. */
function multiply(a: Complex, b: Complex): void {
  for (let i = 0; i < a.real.length; i++) {
    const [re, im] = [a.real[i] as number, a.imaginary[i] as number];
    a.real[i] = re * (b.real[i] as number) - im * (b.imaginary[i] as number);
    a.imaginary[i] = re * (b.imaginary[i] as number) + im * (b.real[i] as number);
  }
}
