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

// ---- bits

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

//@ scale_by_power_of_two:
// x * 2^exponent for exponents from -252 to 254.
vec4 scale_by_power_of_two(vec4 x, ivec4 exponent) {
  ivec4 part = exponent >> 1;
  return x * intBitsToFloat((part + 127) << 23) * intBitsToFloat((exponent - part + 127) << 23);
}

// ---- choice, order and comparison

//@ choose:
vec4 choose(ivec4 condition, vec4 a, vec4 b) { return mix(b, a, notEqual(condition, ivec4(0))); }
ivec4 choose(ivec4 condition, ivec4 a, ivec4 b) {
  ivec4 mask = -ivec4(notEqual(condition, ivec4(0)));
  return (a & mask) | (b & ~mask);
}

//@ maximum: is_nan
vec4 maximum(vec4 a, vec4 b) {
  bvec4 first = greaterThan(a, b);
  return mix(mix(b, a, first), a, is_nan(a));
}
float maximum(float a, float b) { return is_nan(a) || a > b ? a : b; }
ivec4 maximum(ivec4 a, ivec4 b) { return max(a, b); }

//@ minimum: is_nan
vec4 minimum(vec4 a, vec4 b) {
  bvec4 first = lessThan(a, b);
  return mix(mix(b, a, first), a, is_nan(a));
}
float minimum(float a, float b) { return is_nan(a) || a < b ? a : b; }
ivec4 minimum(ivec4 a, ivec4 b) { return min(a, b); }

//@ maximum_unsigned:
ivec4 maximum_unsigned(ivec4 a, ivec4 b) { return ivec4(max(uvec4(a), uvec4(b))); }

//@ minimum_unsigned:
ivec4 minimum_unsigned(ivec4 a, ivec4 b) { return ivec4(min(uvec4(a), uvec4(b))); }

//@ clip_below: maximum
vec4 clip_below(vec4 x, vec4 lower) { return maximum(x, lower); }
ivec4 clip_below(ivec4 x, ivec4 lower) { return max(x, lower); }

//@ clip_above: minimum
vec4 clip_above(vec4 x, vec4 upper) { return minimum(x, upper); }
ivec4 clip_above(ivec4 x, ivec4 upper) { return min(x, upper); }

//@ clip: is_nan
vec4 clip(vec4 x, vec4 lower, vec4 upper) { return mix(min(max(x, lower), upper), x, is_nan(x)); }
ivec4 clip(ivec4 x, ivec4 lower, ivec4 upper) { return min(max(x, lower), upper); }

//@ clip_below_unsigned:
ivec4 clip_below_unsigned(ivec4 x, ivec4 lower) { return ivec4(max(uvec4(x), uvec4(lower))); }

//@ clip_above_unsigned:
ivec4 clip_above_unsigned(ivec4 x, ivec4 upper) { return ivec4(min(uvec4(x), uvec4(upper))); }

//@ is_equal:
ivec4 is_equal(vec4 a, vec4 b) { return ivec4(equal(a, b)); }
ivec4 is_equal(ivec4 a, ivec4 b) { return ivec4(equal(a, b)); }

//@ is_less:
ivec4 is_less(vec4 a, vec4 b) { return ivec4(lessThan(a, b)); }
ivec4 is_less(ivec4 a, ivec4 b) { return ivec4(lessThan(a, b)); }

//@ is_less_or_equal:
ivec4 is_less_or_equal(vec4 a, vec4 b) { return ivec4(lessThanEqual(a, b)); }
ivec4 is_less_or_equal(ivec4 a, ivec4 b) { return ivec4(lessThanEqual(a, b)); }

//@ is_greater:
ivec4 is_greater(vec4 a, vec4 b) { return ivec4(greaterThan(a, b)); }
ivec4 is_greater(ivec4 a, ivec4 b) { return ivec4(greaterThan(a, b)); }

//@ is_greater_or_equal:
ivec4 is_greater_or_equal(vec4 a, vec4 b) { return ivec4(greaterThanEqual(a, b)); }
ivec4 is_greater_or_equal(ivec4 a, ivec4 b) { return ivec4(greaterThanEqual(a, b)); }

//@ is_less_unsigned:
ivec4 is_less_unsigned(ivec4 a, ivec4 b) { return ivec4(lessThan(uvec4(a), uvec4(b))); }

//@ is_less_or_equal_unsigned:
ivec4 is_less_or_equal_unsigned(ivec4 a, ivec4 b) { return ivec4(lessThanEqual(uvec4(a), uvec4(b))); }

//@ is_greater_unsigned:
ivec4 is_greater_unsigned(ivec4 a, ivec4 b) { return ivec4(greaterThan(uvec4(a), uvec4(b))); }

//@ is_greater_or_equal_unsigned:
ivec4 is_greater_or_equal_unsigned(ivec4 a, ivec4 b) { return ivec4(greaterThanEqual(uvec4(a), uvec4(b))); }

//@ is_nonzero:
ivec4 is_nonzero(vec4 x) { return ivec4(notEqual(x, vec4(0.0))); }
ivec4 is_nonzero(ivec4 x) { return ivec4(notEqual(x, ivec4(0))); }

//@ sign_of: is_nan
vec4 sign_of(vec4 x) {
  return mix(vec4(greaterThan(x, vec4(0.0))) - vec4(lessThan(x, vec4(0.0))), x, is_nan(x));
}
ivec4 sign_of(ivec4 x) { return sign(x); }

//@ sign_of_unsigned:
ivec4 sign_of_unsigned(ivec4 x) { return ivec4(notEqual(x, ivec4(0))); }

// ---- integers

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

// ---- algebraic functions

//@ reciprocal: divide
vec4 reciprocal(vec4 x) { return divide(vec4(1.0), x); }

//@ square:
vec4 square(vec4 x) { return x * x; }

//@ cube:
vec4 cube(vec4 x) { return x * x * x; }

//@ accurate_sqrt: infinity, not_a_number
vec4 accurate_sqrt(vec4 x) {
  vec4 root = mix(sqrt(x), vec4(not_a_number()), lessThan(x, vec4(0.0)));
  return mix(mix(root, x, equal(x, vec4(0.0))), x, equal(x, vec4(infinity())));
}

//@ relu: is_nan
// NaN is chosen by its bits here too: Mesa makes a maximum, which loses it, of a choice by comparison.
vec4 relu(vec4 x) { return mix(max(x, vec4(0.0)), x, is_nan(x)); }
ivec4 relu(ivec4 x) { return max(x, ivec4(0)); }

//@ leaky_relu:
vec4 leaky_relu(vec4 x, vec4 slope) { return mix(x, x * slope, lessThan(x, vec4(0.0))); }
vec4 leaky_relu(vec4 x, float slope) { return mix(x, x * slope, lessThan(x, vec4(0.0))); }
ivec4 leaky_relu(ivec4 x, ivec4 slope) { return max(x, ivec4(0)) + min(x, ivec4(0)) * slope; }

//@ thresholded_relu: is_nan
vec4 thresholded_relu(vec4 x, float threshold) {
  return mix(mix(vec4(0.0), x, greaterThan(x, vec4(threshold))), x, is_nan(x));
}

//@ hard_sigmoid: clip
vec4 hard_sigmoid(vec4 x, float slope, float offset) { return clip(x * slope + offset, vec4(0.0), vec4(1.0)); }

//@ hard_swish: hard_sigmoid
vec4 hard_swish(vec4 x) { return x * hard_sigmoid(x, 1.0 / 6.0, 0.5); }

//@ shrink: is_nan
vec4 shrink(vec4 x, float threshold, float bias) {
  vec4 result = mix(vec4(0.0), x - bias, greaterThan(x, vec4(threshold)));
  result = mix(result, x + bias, lessThan(x, vec4(-threshold)));
  return mix(result, x, is_nan(x));
}

//@ softsign: divide
vec4 softsign(vec4 x) { return x / (1.0 + abs(x)); }

// ---- exponentials

//@ exp_polynomial:
// (exp(x) - 1 - x) / x² for |x| ≤ ln(2)/2.
vec4 exp_polynomial(vec4 x) {
  return 0.5 + x * (0.166665196 + x * (0.041666206 + x * (0.00836888235 + x * 0.00139504788)));
}

//@ accurate_exp: exp_polynomial, scale_by_power_of_two, is_nan, infinity
vec4 accurate_exp(vec4 x) {
  vec4 inside = clamp(x, vec4(-104.0), vec4(89.0));
  vec4 count = floor(inside * 1.44269504 + 0.5);
  vec4 rest = (inside - count * 0.693359375) + count * 2.12194440e-4;
  vec4 result = scale_by_power_of_two(1.0 + (rest + rest * rest * exp_polynomial(rest)), ivec4(count));
  result = mix(result, vec4(infinity()), greaterThan(x, vec4(88.7228394)));
  result = mix(result, vec4(0.0), lessThan(x, vec4(-103.972084)));
  return mix(result, x, is_nan(x));
}

//@ accurate_expm1: exp_polynomial, accurate_exp
// exp(x) - 1, accurate near 0.
vec4 accurate_expm1(vec4 x) {
  bvec4 small = lessThan(abs(x), vec4(0.34657359));
  return mix(accurate_exp(x) - 1.0, x + x * x * exp_polynomial(x), small);
}

//@ elu: accurate_expm1
vec4 elu(vec4 x, float alpha) { return mix(x, alpha * accurate_expm1(x), lessThan(x, vec4(0.0))); }

//@ selu: accurate_expm1
vec4 selu(vec4 x, float alpha, float gamma) {
  return gamma * mix(x, alpha * accurate_expm1(x), lessThan(x, vec4(0.0)));
}

//@ celu: accurate_expm1
vec4 celu(vec4 x, float alpha) {
  return mix(x, alpha * accurate_expm1(x / alpha), lessThan(x, vec4(0.0)));
}

//@ logistic: accurate_exp
vec4 logistic(vec4 x) {
  vec4 e = accurate_exp(-abs(x));
  return mix(vec4(1.0), e, lessThan(x, vec4(0.0))) / (1.0 + e);
}

//@ accurate_tanh: accurate_exp, with_sign
vec4 accurate_tanh(vec4 x) {
  vec4 z = x * x;
  // For |x| ≤ 0.625.
  vec4 p = -0.333332837 + z * (0.133314908 + z * (-0.0537434965 + z * (0.0206505861 - z * 0.0057170447)));
  vec4 large = with_sign(1.0 - 2.0 / (accurate_exp(2.0 * abs(x)) + 1.0), x);
  return mix(large, x + x * z * p, lessThan(z, vec4(0.390625)));
}

//@ accurate_sinh: accurate_exp, with_sign
vec4 accurate_sinh(vec4 x) {
  vec4 z = x * x;
  // For |x| ≤ 1.
  vec4 p = 0.166666672 + z * (0.00833335053 + z * (0.000198360663 + z * 2.81743951e-06));
  // The root of exp(|x|), which does not overflow before the result does.
  vec4 root = accurate_exp(0.5 * abs(x));
  vec4 large = with_sign((0.5 * root) * root - 0.5 / (root * root), x);
  return mix(large, x + x * z * p, lessThan(z, vec4(1.0)));
}

//@ accurate_cosh: accurate_exp
vec4 accurate_cosh(vec4 x) {
  vec4 root = accurate_exp(0.5 * abs(x));
  return (0.5 * root) * root + 0.5 / (root * root);
}

//@ error_function: accurate_exp, with_sign, is_nan
vec4 error_function(vec4 x) {
  vec4 z = x * x;
  vec4 t = min(abs(x), vec4(4.0));
  // erf(x) / x for |x| ≤ 1.
  vec4 p = -0.0268544443 + z * (0.00518953567 + z * (-0.000802084222 + z * 7.88912294e-05));
  p = 1.12837911 + z * (-0.37612626 + z * (0.112836003 + z * p));
  // -log(1 - erf(t)) for 1 ≤ t ≤ 4.
  vec4 q = 0.103037372 + t * (-0.0218053199 + t * (0.00293960795 - t * 0.00018557407));
  q = 0.000353718788 + t * (1.12704003 + t * (0.638225675 + t * q));
  vec4 result = mix(with_sign(1.0 - accurate_exp(-q), x), x * p, lessThan(t, vec4(1.0)));
  return mix(result, x, is_nan(x));
}

//@ gelu: error_function
vec4 gelu(vec4 x) { return 0.5 * x * (1.0 + error_function(x * 0.707106781)); }

//@ gelu_by_tanh: accurate_tanh
vec4 gelu_by_tanh(vec4 x) {
  return 0.5 * x * (1.0 + accurate_tanh(0.797884561 * (x + 0.044715 * x * x * x)));
}

// ---- logarithms

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

// ---- powers

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

// ---- trigonometric functions

//@ reduce_quadrant: is_nan, infinity, not_a_number
// Writes x less a whole number of quarter turns, between about -π/4 and π/4, and returns that number modulo 4. Exact
// up to |x| = 4e6, where neighbouring floats are half a radian apart; the rest becomes 0 above.
ivec4 reduce_quadrant(vec4 x, out vec4 rest) {
  vec4 count = floor(x * 0.636619772 + 0.5);
  vec4 high = floor(count * (1.0 / 4096.0) + 0.5) * 4096.0;
  vec4 low = count - high;
  rest = (x - high * 1.5703125) - low * 1.5703125;
  rest = (rest - high * 4.83751297e-4) - low * 4.83751297e-4;
  rest = (rest - high * 7.54953362e-8) - low * 7.54953362e-8;
  rest = rest - count * 2.56334416e-12;
  bvec4 beyond = greaterThan(abs(x), vec4(4e6));
  rest = mix(rest, vec4(0.0), beyond);
  bvec4 invalid = bvec4(ivec4(is_nan(x)) | ivec4(equal(abs(x), vec4(infinity()))));
  rest = mix(rest, vec4(not_a_number()), invalid);
  return ivec4(mix(low, vec4(0.0), beyond)) & 3;
}

//@ sin_polynomial:
// For |x| ≤ π/4 and a little more.
vec4 sin_polynomial(vec4 x) {
  vec4 z = x * x;
  return x + x * z * (-0.166666672 + z * (0.00833332818 + z * (-0.000198390233 + z * 2.71541876e-06)));
}

//@ cos_polynomial:
vec4 cos_polynomial(vec4 x) {
  vec4 z = x * x;
  return 1.0 - 0.5 * z + z * z * (0.0416666418 + z * (-0.00138871232 + z * 2.44103958e-05));
}

//@ sin_of_quadrant: sin_polynomial, cos_polynomial
vec4 sin_of_quadrant(vec4 rest, ivec4 quadrant) {
  vec4 result = mix(sin_polynomial(rest), cos_polynomial(rest), bvec4(quadrant & 1));
  return mix(result, -result, bvec4(quadrant & 2));
}

//@ accurate_sin: reduce_quadrant, sin_of_quadrant
vec4 accurate_sin(vec4 x) {
  vec4 rest;
  ivec4 quadrant = reduce_quadrant(x, rest);
  return sin_of_quadrant(rest, quadrant);
}

//@ accurate_cos: reduce_quadrant, sin_of_quadrant
vec4 accurate_cos(vec4 x) {
  vec4 rest;
  ivec4 quadrant = reduce_quadrant(x, rest);
  return sin_of_quadrant(rest, quadrant + 1);
}

//@ accurate_tan: reduce_quadrant, sin_polynomial, cos_polynomial, divide
vec4 accurate_tan(vec4 x) {
  vec4 rest;
  ivec4 quadrant = reduce_quadrant(x, rest);
  vec4 sine = sin_polynomial(rest);
  vec4 cosine = cos_polynomial(rest);
  bvec4 odd = bvec4(quadrant & 1);
  return divide(mix(sine, -cosine, odd), mix(cosine, sine, odd));
}

//@ accurate_atan: with_sign, is_nan
vec4 accurate_atan(vec4 x) {
  vec4 a = abs(x);
  bvec4 large = greaterThan(a, vec4(2.41421356));
  bvec4 middle = greaterThan(a, vec4(0.414213562));
  // tan(θ - π/4) = (a - 1) / (a + 1), tan(θ - π/2) = -1 / a.
  vec4 base = mix(mix(vec4(0.0), vec4(0.785398163), middle), vec4(1.57079633), large);
  vec4 t = mix(mix(a, (a - 1.0) / (a + 1.0), middle), -1.0 / max(a, vec4(1.0)), large);
  vec4 z = t * t;
  vec4 p = -0.333333135 + z * (0.199984342 + z * (-0.142427415 + z * (0.105873652 - z * 0.0606053136)));
  return mix(with_sign(base + (t + t * z * p), x), x, is_nan(x));
}

//@ asin_polynomial:
// asin(x) for |x| ≤ ½, z = x².
vec4 asin_polynomial(vec4 x, vec4 z) {
  vec4 p = 0.166667536 + z * (0.0749523267 + z * (0.045478344 + z * (0.0241409875 + z * 0.0422305502)));
  return x + x * z * p;
}

//@ accurate_asin: asin_polynomial, with_sign, not_a_number
vec4 accurate_asin(vec4 x) {
  vec4 a = abs(x);
  bvec4 large = greaterThan(a, vec4(0.5));
  // asin(a) = π/2 - 2 asin(√((1 - a) / 2)).
  vec4 z = mix(a * a, 0.5 * (1.0 - a), large);
  vec4 angle = asin_polynomial(mix(a, sqrt(z), large), z);
  vec4 result = with_sign(mix(angle, 1.57079633 - 2.0 * angle, large), x);
  return mix(result, vec4(not_a_number()), greaterThan(a, vec4(1.0)));
}

//@ accurate_acos: asin_polynomial, not_a_number
vec4 accurate_acos(vec4 x) {
  vec4 a = abs(x);
  bvec4 large = greaterThan(a, vec4(0.5));
  vec4 z = mix(a * a, 0.5 * (1.0 - a), large);
  vec4 angle = asin_polynomial(mix(x, sqrt(z), large), z);
  vec4 near = mix(2.0 * angle, 3.14159265 - 2.0 * angle, lessThan(x, vec4(0.0)));
  vec4 result = mix(1.57079633 - angle, near, large);
  return mix(result, vec4(not_a_number()), greaterThan(a, vec4(1.0)));
}
