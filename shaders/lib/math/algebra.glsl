// Algebraic functions, and the activations that are such. See bits.glsl for how the library works.

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
