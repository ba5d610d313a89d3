// Trigonometric functions and their inverses. See bits.glsl for how the library works.

//@ multiply_high:
// The upper 32 bits of a product of which `a` has 24 bits.
uint multiply_high(uint a, uint b) {
  uint low = a & 0xffffu;
  uint high = a >> 16;
  uint across = low * (b >> 16);
  uint back = high * (b & 0xffffu);
  uint carried = ((low * (b & 0xffffu)) >> 16) + (across & 0xffffu) + (back & 0xffffu);
  return high * (b >> 16) + (across >> 16) + (back >> 16) + (carried >> 16);
}

//@ reduce_large: multiply_high
// As reduce_quadrant, for 2e6 up to the largest float: the number is a whole mantissa times a power of two, and of the
// bits of 2/π only those count, times that power, that are no multiples of four turns (Payne and Hanek, "Radian
// reduction for trigonometric functions", 1983).
const uint TWO_BY_PI[8] = uint[8](
  0u, 0xa2f9836eu, 0x4e441529u, 0xfc2757d1u, 0xf534ddc0u, 0xdb629599u, 0x3c439041u, 0xfe5163abu
);
float reduce_large(float x, out int quadrant) {
  uint bits = floatBitsToUint(x);
  uint mantissa = (bits & 0x7fffffu) | 0x800000u;
  int first = clamp(int((bits >> 23) & 255u) - 120, 0, 134);
  uint part[3];
  for (int i = 0; i < 3; ++i) {
    int word = (first >> 5) + i;
    part[i] = (TWO_BY_PI[word] << (first & 31)) | ((TWO_BY_PI[word + 1] >> 1) >> (31 - (first & 31)));
  }
  uint low = mantissa * part[1];
  uint sum = low + multiply_high(mantissa, part[2]);
  uint high = mantissa * part[0] + multiply_high(mantissa, part[1]) + (sum < low ? 1u : 0u);
  float fraction = float(int((high << 2) | (sum >> 30))) * 2.32830644e-10 + float(sum << 2) * 5.42101086e-20;
  int turns = int((high + 0x20000000u) >> 30);
  quadrant = x < 0.0 ? -turns : turns;
  return (x < 0.0 ? -fraction : fraction) * 1.57079633;
}

//@ reduce_quadrant: reduce_large, is_nan, infinity, not_a_number
// Writes x less a whole number of quarter turns, between about -π/4 and π/4, and returns that number modulo 4.
ivec4 reduce_quadrant(vec4 x, out vec4 rest) {
  vec4 count = floor(x * 0.636619772 + 0.5);
  vec4 high = floor(count * (1.0 / 4096.0) + 0.5) * 4096.0;
  vec4 low = count - high;
  rest = (x - high * 1.5703125) - low * 1.5703125;
  rest = (rest - high * 4.83751297e-4) - low * 4.83751297e-4;
  rest = (rest - high * 7.54953362e-8) - low * 7.54953362e-8;
  rest = rest - count * 2.56334416e-12;
  bvec4 beyond = greaterThan(abs(x), vec4(4e6));
  ivec4 quadrant = ivec4(mix(low, vec4(0.0), beyond));
  if (any(beyond)) {
    for (int i = 0; i < 4; ++i) {
      if (beyond[i]) rest[i] = reduce_large(x[i], quadrant[i]);
    }
  }
  bvec4 invalid = bvec4(ivec4(is_nan(x)) | ivec4(equal(abs(x), vec4(infinity()))));
  rest = mix(rest, vec4(not_a_number()), invalid);
  return quadrant & 3;
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
