// Exponentials, and the activations and the error function, which are made of them. See bits.glsl for how the library works.

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
