// Whole numbers in 32 bits: wrap-around, shifts, division, remainders, and rounding to them. See bits.glsl for how the library works.

//@ wrap_uint8:
ivec4 wrap_uint8(ivec4 x) { return x & 0xff; }

//@ wrap_int8:
ivec4 wrap_int8(ivec4 x) { return (x << 24) >> 24; }

//@ wrap_uint16:
ivec4 wrap_uint16(ivec4 x) { return x & 0xffff; }

//@ wrap_int16:
ivec4 wrap_int16(ivec4 x) { return (x << 16) >> 16; }

//@ shift_left:
ivec4 shift_left(ivec4 x, ivec4 count) {
  uvec4 shifted = uvec4(x) << (uvec4(count) & 31u);
  return ivec4(shifted * uvec4(lessThan(uvec4(count), uvec4(32u))));
}

//@ shift_right:
ivec4 shift_right(ivec4 x, ivec4 count) {
  uvec4 shifted = uvec4(x) >> (uvec4(count) & 31u);
  return ivec4(shifted * uvec4(lessThan(uvec4(count), uvec4(32u))));
}

//@ shift_right_signed:
ivec4 shift_right_signed(ivec4 x, ivec4 count) { return x >> ivec4(min(uvec4(count), uvec4(31u))); }

//@ divide_unsigned:
// By zero: zero. GLSL leaves that undefined, and ONNX too.
ivec4 divide_unsigned(ivec4 a, ivec4 b) {
  uvec4 divisor = max(uvec4(b), uvec4(1u));
  return ivec4((uvec4(a) / divisor) * uvec4(notEqual(b, ivec4(0))));
}

//@ remainder_unsigned: divide_unsigned
ivec4 remainder_unsigned(ivec4 a, ivec4 b) { return a - divide_unsigned(a, b) * b; }

//@ divide: divide_unsigned
// Floats: x / 0 is infinite, 0 / 0 is NaN. Integers: truncated towards zero.
vec4 divide(vec4 a, vec4 b) {
  vec4 reciprocal_of_zero = uintBitsToFloat((floatBitsToUint(b) & 0x80000000u) | 0x7f800000u);
  return mix(a / b, a * reciprocal_of_zero, equal(b, vec4(0.0)));
}
ivec4 divide(ivec4 a, ivec4 b) {
  ivec4 quotient = divide_unsigned(abs(a), abs(b));
  ivec4 negative = (a ^ b) >> 31;
  return (quotient ^ negative) - negative;
}

//@ remainder_of_dividend: divide, leading_bits, is_nan, infinity, not_a_number, with_sign
// The remainder with the sign of the dividend, exact as C's fmod: each round subtracts the divisor times the leading
// bits of the quotient, whose products with its two halves are exact.
vec4 remainder_of_dividend(vec4 a, vec4 b) {
  vec4 divisor = abs(b);
  vec4 rest = abs(a);
  bvec4 invalid = equal(divisor, vec4(0.0));
  invalid = bvec4(ivec4(invalid) | ivec4(equal(rest, vec4(infinity()))) | ivec4(is_nan(a)) | ivec4(is_nan(b)));
  for (int round = 0; round < 30; ++round) {
    bvec4 more = greaterThanEqual(rest, divisor);
    if (!any(more)) break;
    // A quotient too large for a float is worked off by a multiple of the divisor first (2^126 times).
    vec4 step = divisor * mix(vec4(1.0), vec4(8.50705917e37), greaterThan(rest * 1.17549435e-38, divisor));
    // Made a little smaller, for the division may have been rounded up.
    vec4 quotient = leading_bits(rest / step * 0.99999976);
    quotient = max(mix(quotient, floor(quotient), lessThan(quotient, vec4(4096.0))), vec4(1.0));
    vec4 high = leading_bits(step);
    rest = mix(rest, (rest - quotient * high) - quotient * (step - high), more);
  }
  vec4 result = with_sign(rest, a);
  return mix(result, vec4(not_a_number()), invalid);
}
ivec4 remainder_of_dividend(ivec4 a, ivec4 b) { return a - divide(a, b) * b; }

//@ remainder_of_divisor: divide, remainder_of_dividend, with_sign
// The remainder with the sign of the divisor, as Python's %.
vec4 remainder_of_divisor(vec4 a, vec4 b) {
  vec4 rest = remainder_of_dividend(a, b);
  bvec4 differs = lessThan(sign(rest) * sign(b), vec4(0.0));
  vec4 zero = with_sign(vec4(0.0), b);
  return mix(mix(rest, rest + b, differs), zero, equal(rest, vec4(0.0)));
}
ivec4 remainder_of_divisor(ivec4 a, ivec4 b) {
  ivec4 rest = a - divide(a, b) * b;
  ivec4 differs = ivec4(notEqual(rest, ivec4(0))) & ivec4(lessThan(rest ^ b, ivec4(0)));
  return rest + differs * b;
}

//@ truncate_to_integer: is_nan
ivec4 truncate_to_integer(vec4 x) {
  ivec4 whole = ivec4(clamp(x, vec4(-2147483648.0), vec4(2147483520.0)));
  ivec4 large = -ivec4(greaterThanEqual(x, vec4(2147483648.0)));
  return ((whole & ~large) | (large & 0x7fffffff)) & ~(-ivec4(is_nan(x)));
}

//@ truncate_to_unsigned: truncate_to_integer
// Negative numbers as by a cast through a signed integer.
ivec4 truncate_to_unsigned(vec4 x) {
  ivec4 large = -ivec4(greaterThanEqual(x, vec4(2147483648.0)));
  uvec4 above = uvec4(clamp(x, vec4(2147483648.0), vec4(4294967040.0)));
  return (ivec4(above) & large) | (truncate_to_integer(x) & ~large);
}
