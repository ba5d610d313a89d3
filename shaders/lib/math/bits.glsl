// The functions that elementwise operators are made of, in plain GLSL ES 3.00.
//
// GLSL leaves the accuracy and the edge cases of its built-ins to the driver: sin may be off by 2e-4, tanh(89) NaN,
// pow of a negative base undefined, max(NaN, 0) zero. These functions are accurate to about 1e-6 of the result and
// treat NaN, infinities and zeros as IEEE 754 and ONNX do. NaN is told by its bits, and made from them.
//
// A line `//@ name: dependency, ...` begins the section that defines `name`; a shader receives only the sections whose
// names occur in it and those that they need (backends/webgl2/kernels/shader_library.py). Polynomials are minimax fits over
// the interval named beside them. The sums of constants cut to few bits (Cody and Waite, "Software Manual for the
// Elementary Functions", 1980) make the products with them exact, so that it is no matter whether a driver fuses them.
//
// This file: the bits of floating numbers. Each of the others says what it holds.

//@ infinity:
float infinity() { return uintBitsToFloat(0x7f800000u); }

//@ not_a_number:
float not_a_number() { return uintBitsToFloat(0x7fc00000u); }

//@ is_nan:
bvec4 is_nan(vec4 x) {
  return greaterThan(floatBitsToUint(x) & 0x7fffffffu, uvec4(0x7f800000u));
}
bool is_nan(float x) { return (floatBitsToUint(x) & 0x7fffffffu) > 0x7f800000u; }

//@ is_infinite:
ivec4 is_infinite(vec4 x, int positive, int negative) {
  uvec4 bits = floatBitsToUint(x);
  ivec4 above = ivec4(equal(bits, uvec4(0x7f800000u)));
  ivec4 below = ivec4(equal(bits, uvec4(0xff800000u)));
  return above * positive + below * negative;
}

//@ with_sign:
// The magnitude of the first with the sign of the second.
vec4 with_sign(vec4 magnitude, vec4 x) {
  return uintBitsToFloat((floatBitsToUint(magnitude) & 0x7fffffffu) | (floatBitsToUint(x) & 0x80000000u));
}

//@ leading_bits:
// The number cut to its 12 leading bits, so that products of two such are exact.
vec4 leading_bits(vec4 x) { return uintBitsToFloat(floatBitsToUint(x) & 0xfffff000u); }

//@ round_to_float16: is_nan, infinity, with_sign
// The nearest number that float16 holds, ties to even: infinite from 65520 on, below 2^-14 a multiple of 2^-24. Added
// to 0.5, that multiple is the fraction's last bits.
vec4 round_to_float16(vec4 x) {
  uvec4 magnitude = floatBitsToUint(x) & 0x7fffffffu;
  vec4 rounded = uintBitsToFloat((magnitude + 0xfffu + ((magnitude >> 13) & 1u)) & 0xffffe000u);
  vec4 small = vec4(floatBitsToUint(abs(x) + 0.5) - 0x3f000000u) * 5.96046448e-8;
  rounded = mix(rounded, small, lessThan(magnitude, uvec4(0x38800000u)));
  rounded = mix(rounded, vec4(infinity()), greaterThanEqual(magnitude, uvec4(0x477ff000u)));
  return mix(with_sign(rounded, x), x, is_nan(x));
}

//@ round_to_bfloat16: is_nan
// The nearest number that bfloat16 holds, ties to even.
vec4 round_to_bfloat16(vec4 x) {
  uvec4 bits = floatBitsToUint(x);
  vec4 rounded = uintBitsToFloat((bits + 0x7fffu + ((bits >> 16) & 1u)) & 0xffff0000u);
  return mix(rounded, x, is_nan(x));
}

//@ exact_quotient:
// a / b rounded to the nearest float, for numbers of ordinary size. GPUs may divide less exactly.
float exact_quotient(float a, float b) {
  float quotient = a / b;
  float high = uintBitsToFloat(floatBitsToUint(quotient) & 0xfffff000u);
  float b_high = uintBitsToFloat(floatBitsToUint(b) & 0xfffff000u);
  float low = quotient - high;
  float b_low = b - b_high;
  return quotient + (((a - high * b_high) - high * b_low) - low * b_high - low * b_low) / b;
}

//@ scale_by_power_of_two:
// x * 2^exponent for exponents from -252 to 254.
vec4 scale_by_power_of_two(vec4 x, ivec4 exponent) {
  ivec4 part = exponent >> 1;
  return x * intBitsToFloat((part + 127) << 23) * intBitsToFloat((exponent - part + 127) << 23);
}
