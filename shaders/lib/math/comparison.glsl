// Choice, order and comparison. See bits.glsl for how the library works.

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
// As in relu, NaN is chosen by its bits: drivers make a maximum and a minimum, which lose it, of comparisons.
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
