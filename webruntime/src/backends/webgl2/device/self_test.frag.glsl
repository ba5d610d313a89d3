// Copies a texture through every render target, each texel with a little arithmetic, so that a wrong fetch, a wrong
// target or low precision shows in the numbers. Checked against JavaScript in self_test.ts.
precision highp float;
precision highp int;
uniform highp sampler2DArray picture;
uniform highp ivec4 ints[2];
uniform highp vec2 scales[1];
layout(location = 0) out highp vec4 result[RESULT_PIXELS * RESULT_GROUPS];

vec4 fetchTexel(ivec2 place, int layer) {
#if TEXEL_FETCH
  return texelFetch(picture, ivec3(place, layer), 0);
#else
  return texture(picture, vec3((vec2(place) + 0.5) * scales[0], float(layer)));
#endif
}

void main() {
  ivec2 place = ivec2(gl_FragCoord.xy);
  int width = ints[0].x;
  int height = ints[0].y;
  vec4 texels[RESULT_PIXELS * RESULT_GROUPS];
  for (int layer = 0; layer < RESULT_PIXELS * RESULT_GROUPS; layer++) {
    // Reads the point opposite, from the next layer.
    ivec2 other = ivec2(width - 1 - place.x, height - 1 - place.y);
    int source = (layer + 1) - ((layer + 1) / (RESULT_PIXELS * RESULT_GROUPS)) * (RESULT_PIXELS * RESULT_GROUPS);
    texels[layer] = fetchTexel(other, source) * 2.0 + float(ints[1].x + layer);
  }
  result[0] = texels[0];
#if RESULT_PIXELS * RESULT_GROUPS > 1
  result[1] = texels[1];
  result[2] = texels[2];
  result[3] = texels[3];
#endif
#if RESULT_PIXELS * RESULT_GROUPS > 4
  result[4] = texels[4];
  result[5] = texels[5];
  result[6] = texels[6];
  result[7] = texels[7];
#endif
}
