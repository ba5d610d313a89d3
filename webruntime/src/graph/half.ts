// Conversions between float32 and the two 16-bit formats, by bit patterns (IEEE 754-2019; bfloat16 is the upper half
// of a float32). Rounding is to nearest, ties to even.

const floats = new Float32Array(1);
const bits = new Uint32Array(floats.buffer);

/** Value of a float16 bit pattern. */
export function float16ToFloat32(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >> 10) & 31;
  const fraction = half & 1023;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** Value of a bfloat16 bit pattern. */
export function bfloat16ToFloat32(half: number): number {
  bits[0] = half << 16;
  return floats[0] as number;
}

/** Nearest bfloat16 bit pattern of a value. */
export function float32ToBfloat16(value: number): number {
  floats[0] = value;
  const pattern = bits[0] as number;
  if (Number.isNaN(value)) return 0x7fc0;
  return ((pattern + 0x7fff + ((pattern >>> 16) & 1)) >>> 16) & 0xffff;
}

/** Nearest float16 bit pattern of a value; infinity from 65520 on. */
export function float32ToFloat16(value: number): number {
  floats[0] = value;
  const pattern = bits[0] as number;
  const sign = (pattern >>> 16) & 0x8000;
  const magnitude = pattern & 0x7fff_ffff;
  if (magnitude > 0x7f80_0000) return sign | 0x7e00;
  if (magnitude >= 0x477f_f000) return sign | 0x7c00;
  if (magnitude >= 0x3880_0000) {
    // Normal: rebias the exponent by 112, then round away 13 bits of the fraction.
    return sign | ((magnitude - 0x3800_0000 + 0x0fff + ((magnitude >>> 13) & 1)) >>> 13);
  }
  // Subnormal: multiples of 2^-24. Adding 2^-1 puts the rounding place at the last bit of a float32.
  floats[0] = Math.abs(value) + 0.5;
  return sign | ((bits[0] as number) - 0x3f00_0000);
}
