#version 300 es
// Vertices 0, 1 and 2 make a triangle that covers the viewport; all others coincide, so that they cover nothing.
void main() {
  gl_Position = vec4(gl_VertexID == 1 ? 3.0 : -1.0, gl_VertexID == 2 ? 3.0 : -1.0, 0.0, 1.0);
}
