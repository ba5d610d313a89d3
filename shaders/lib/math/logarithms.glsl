// Logarithms, and what is made of them. See bits.glsl for how the library works.

//@ log_polynomial:
// (log(1 + x) - x + x²/2) / x³ for √½ - 1 ≤ x ≤ √2 - 1.
vec4 log_polynomial(vec4 x) {
  vec4 p = -0.123843431 + x * (0.118729658 + x * (-0.117898352 + x * 0.0691542476));
  return 0.333333105 + x * (-0.249999866 + x * (0.200022265 + x * (-0.16669251 + x * (0.142186582 + x * p))));
}

//@ split_exponent:
// Writes the mantissa, from √½ to √2, and returns the exponent of a positive number.
vec4 split_exponent(vec4 x, out vec4 mantissa) {
  bvec4 tiny = lessThan(x, vec4(1.17549435e-38));
  ivec4 bits = floatBitsToInt(mix(x, x * 8388608.0, tiny));
  ivec4 exponent = ((bits >> 23) & 255) - 127 - 23 * ivec4(tiny);
  mantissa = intBitsToFloat((bits & 0x007fffff) | 0x3f800000);
  bvec4 large = greaterThan(mantissa, vec4(1.41421356));
  mantissa = mix(mantissa, 0.5 * mantissa, large);
  return vec4(exponent + ivec4(large));
}

//@ accurate_log: log_polynomial, split_exponent, is_nan, infinity, not_a_number
vec4 accurate_log(vec4 x) {
  vec4 mantissa;
  vec4 exponent = split_exponent(x, mantissa);
  vec4 f = mantissa - 1.0;
  vec4 low = f * f * f * log_polynomial(f) - exponent * 2.12194440e-4 - 0.5 * f * f;
  vec4 result = (low + f) + exponent * 0.693359375;
  result = mix(result, vec4(-infinity()), equal(x, vec4(0.0)));
  result = mix(result, vec4(not_a_number()), lessThan(x, vec4(0.0)));
  return mix(mix(result, x, equal(x, vec4(infinity()))), x, is_nan(x));
}

//@ accurate_log1p: log_polynomial, accurate_log
// log(1 + x), accurate near 0.
vec4 accurate_log1p(vec4 x) {
  bvec4 small = lessThan(abs(x - 0.06), vec4(0.352));
  vec4 near = x + (x * x * x * log_polynomial(x) - 0.5 * x * x);
  return mix(accurate_log(1.0 + x), near, small);
}

//@ softplus: accurate_exp, accurate_log1p, relu
vec4 softplus(vec4 x) { return relu(x) + accurate_log1p(accurate_exp(-abs(x))); }

//@ mish: accurate_exp
// x · tanh(softplus(x)), where tanh(log(1 + e)) = (e² + 2e) / (e² + 2e + 2).
vec4 mish(vec4 x) {
  vec4 e = accurate_exp(mix(x, vec4(20.0), greaterThan(x, vec4(20.0))));
  vec4 n = e * (e + 2.0);
  return x * (n / (n + 2.0));
}

//@ accurate_asinh: accurate_log, accurate_log1p, with_sign
vec4 accurate_asinh(vec4 x) {
  vec4 a = abs(x);
  vec4 small = mix(a, vec4(1.0), greaterThan(a, vec4(1e8)));
  vec4 near = accurate_log1p(small + small * small / (1.0 + sqrt(1.0 + small * small)));
  return with_sign(mix(near, accurate_log(a) + 0.693147181, greaterThan(a, vec4(1e8))), x);
}

//@ accurate_acosh: accurate_log, accurate_log1p, not_a_number
vec4 accurate_acosh(vec4 x) {
  bvec4 large = greaterThan(x, vec4(1e8));
  vec4 t = mix(x - 1.0, vec4(0.0), large);
  vec4 near = accurate_log1p(t + sqrt(t * (t + 2.0)));
  vec4 result = mix(near, accurate_log(x) + 0.693147181, large);
  return mix(result, vec4(not_a_number()), lessThan(x, vec4(1.0)));
}

//@ accurate_atanh: accurate_log1p, divide, with_sign, not_a_number
vec4 accurate_atanh(vec4 x) {
  vec4 a = abs(x);
  vec4 result = with_sign(0.5 * accurate_log1p(divide(2.0 * a, 1.0 - a)), x);
  return mix(result, vec4(not_a_number()), greaterThan(a, vec4(1.0)));
}
