// A flat tensor as a picture: a pixel of one channel or three, the first line on top.
precision highp float;
precision highp int;
precision highp sampler2DArray;
precision highp isampler2DArray;
#ifdef INTEGERS
uniform highp isampler2DArray x;
#else
uniform highp sampler2DArray x;
#endif
uniform highp ivec4 ints[2]; // height, channels, k of the layout, 0; steps from one row, column and channel to the next, 0
uniform highp vec4 floats[1]; // factor and what is added
layout(location = 0) out highp vec4 colour;

float element(int index) {
    int texel = index >> 2;
    vec4 four = vec4(texelFetch(x, ivec3(texel & ((1 << ints[0].z) - 1), texel >> ints[0].z, 0), 0));
    int lane = index & 3;
    return lane == 0 ? four.x : lane == 1 ? four.y : lane == 2 ? four.z : four.w;
}

void main() {
    ivec2 place = ivec2(gl_FragCoord.xy);
    int first = (ints[0].x - 1 - place.y) * ints[1].x + place.x * ints[1].y;
    vec3 value = vec3(element(first));
    if (ints[0].y == 3) {
        value.y = element(first + ints[1].z);
        value.z = element(first + 2 * ints[1].z);
    }
    colour = vec4(value * floats[0].x + floats[0].y, 1);
}
