// The functions that elementwise operators are made of, in plain GLSL ES 3.00.
//
// GLSL leaves the accuracy and the edge cases of its built-ins to the driver: sin may be off by 2e-4, tanh(89) NaN,
// pow of a negative base undefined, max(NaN, 0) zero. These functions are accurate to about 1e-6 of the result and
// treat NaN, infinities and zeros as IEEE 754 and ONNX do. NaN is told by its bits, and made from them.
//
// A line `//@ name: dependency, ...` begins the section that defines `name`; a shader receives only the sections whose
// names occur in it and those that they need (texelflow/lowering/shader_library.py). Polynomials are minimax fits over
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
