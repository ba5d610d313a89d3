// Powers. See bits.glsl for how the library works.

//@ positive_power: leading_bits, split_exponent, exp_polynomial, scale_by_power_of_two, infinity
// a^b for finite a > 0. The base-2 logarithm of a and its product with b are kept in two parts, the leading one exact:
// an error of the exponent is multiplied by the result.
vec4 positive_power(vec4 a, vec4 b) {
  vec4 mantissa;
  vec4 exponent = split_exponent(a, mantissa);
  // log(mantissa) = 2 artanh(s), s = (m - 1) / (m + 1), in two parts.
  vec4 f = mantissa - 1.0;
  vec4 divisor = mantissa + 1.0;
  vec4 divisor_high = leading_bits(divisor);
  vec4 divisor_low = mantissa - (divisor_high - 1.0);
  vec4 s = f / divisor;
  vec4 s_high = leading_bits(s);
  vec4 s_low = ((f - s_high * divisor_high) - s_high * divisor_low) / divisor;
  vec4 z = s * s;
  vec4 tail = s * z * (0.33333388 + z * (0.199886426 + z * 0.149395838));
  // 2 / log(2) = 2.884765625 + 6.24456778e-4.
  vec4 product = s_high * 2.884765625;
  vec4 high = leading_bits(exponent + product);
  vec4 low = ((exponent - high) + product) + (s_high * 6.24456778e-4 + (s_low + tail) * 2.88539008);
  vec4 power = clamp(b, vec4(-4e9), vec4(4e9));
  vec4 power_high = leading_bits(power);
  vec4 whole = power_high * high;
  vec4 fraction = (power - power_high) * high + power * low;
  vec4 total = whole + fraction;
  vec4 count = clamp(floor(total + 0.5), vec4(-200.0), vec4(200.0));
  vec4 rest = clamp((whole - count) + fraction, vec4(-1.0), vec4(1.0)) * 0.693147181;
  vec4 result = scale_by_power_of_two(1.0 + (rest + rest * rest * exp_polynomial(rest)), ivec4(count));
  result = mix(result, vec4(infinity()), greaterThanEqual(total, vec4(128.0)));
  return mix(result, vec4(0.0), lessThan(total, vec4(-150.0)));
}

//@ power: positive_power, is_nan, infinity, not_a_number
// With the edge cases of IEEE 754's pow. Integers: zero to a negative power is 0, for want of an infinity.
vec4 power(vec4 a, vec4 b) {
  vec4 base = abs(a);
  vec4 zero = vec4(0.0);
  vec4 result = positive_power(base, b);
  bvec4 vanishes = equal(base, zero);
  bvec4 endless = equal(base, vec4(infinity()));
  vec4 of_zero = mix(zero, vec4(infinity()), lessThan(b, zero));
  vec4 of_infinity = mix(zero, vec4(infinity()), greaterThan(b, zero));
  result = mix(mix(result, of_zero, vanishes), of_infinity, endless);
  vec4 half_power = 0.5 * b;
  bvec4 is_whole = equal(floor(b), b);
  bvec4 is_odd = bvec4(ivec4(is_whole) & ivec4(notEqual(floor(half_power), half_power)));
  ivec4 negative = floatBitsToInt(a) >> 31;
  result = mix(result, -result, bvec4(ivec4(is_odd) & negative));
  ivec4 undefined = ~(-ivec4(is_whole)) & negative & -ivec4(notEqual(a, zero)) & -ivec4(not(endless));
  result = mix(result, vec4(not_a_number()), bvec4(undefined));
  result = mix(mix(result, a, is_nan(a)), b, is_nan(b));
  bvec4 is_one = bvec4(ivec4(equal(b, zero)) | ivec4(equal(a, vec4(1.0))));
  bvec4 is_unit = bvec4(ivec4(equal(base, vec4(1.0))) & ivec4(equal(abs(b), vec4(infinity()))));
  return mix(mix(result, vec4(1.0), is_one), vec4(1.0), is_unit);
}
ivec4 power(ivec4 a, ivec4 b) {
  ivec4 result = ivec4(1);
  ivec4 factor = a;
  // A negative power of 1 or -1 is its absolute one, of any other number nearly 0.
  ivec4 units = ivec4(equal(abs(a), ivec4(1)));
  ivec4 remaining = abs(b);
  for (int bit = 0; bit < 32 && any(notEqual(remaining, ivec4(0))); ++bit) {
    ivec4 odd = remaining & 1;
    result *= odd * factor + (1 - odd);
    factor *= factor;
    remaining = ivec4(uvec4(remaining) >> 1u);
  }
  ivec4 negative = ivec4(lessThan(b, ivec4(0)));
  return result * (1 - negative * (1 - units));
}
ivec4 power(ivec4 a, vec4 b) {
  ivec4 whole = power(a, ivec4(clamp(b, vec4(-64.0), vec4(64.0))));
  ivec4 is_whole = -ivec4(equal(floor(b), b));
  return (whole & is_whole) | (ivec4(power(vec4(a), b)) & ~is_whole);
}
