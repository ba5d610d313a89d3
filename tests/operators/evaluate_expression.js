// Evaluates a fragment shader once for each texel of its inputs, with nothing but WebGL2.

/** One context for all evaluations of the page. */
const gl = document.createElement("canvas").getContext("webgl2");

/** Bytes of a base64 string. */
function decode(text) {
  return Uint8Array.fromBase64(text).buffer;
}

/** Base64 of bytes. */
function encode(buffer) {
  return new Uint8Array(buffer).toBase64();
}

function compile(type, source) {
  const shader = gl.createShader(type);
  gl.shaderSource(shader, source);
  gl.compileShader(shader);
  if (!gl.getShaderParameter(shader, gl.COMPILE_STATUS)) {
    throw new Error(`${gl.getShaderInfoLog(shader)}\n${source}`);
  }
  return shader;
}

/** What the compiler says against a fragment shader, or null. */
globalThis.compileError = (source) => {
  try {
    gl.deleteShader(compile(gl.FRAGMENT_SHADER, source));
    return null;
  } catch (error) {
    return error.message;
  }
};

function link(source) {
  const vertex = `#version 300 es
    void main() { gl_Position = vec4(vec2(gl_VertexID & 1, gl_VertexID >> 1) * 4.0 - 1.0, 0.0, 1.0); }`;
  const program = gl.createProgram();
  gl.attachShader(program, compile(gl.VERTEX_SHADER, vertex));
  gl.attachShader(program, compile(gl.FRAGMENT_SHADER, source));
  gl.linkProgram(program);
  if (!gl.getProgramParameter(program, gl.LINK_STATUS)) throw new Error(gl.getProgramInfoLog(program));
  return program;
}

function createTexture(width, height, integer, data) {
  const texture = gl.createTexture();
  gl.bindTexture(gl.TEXTURE_2D, texture);
  gl.texStorage2D(gl.TEXTURE_2D, 1, integer ? gl.RGBA32I : gl.RGBA32F, width, height);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.NEAREST);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, gl.NEAREST);
  const [format, type] = integer ? [gl.RGBA_INTEGER, gl.INT] : [gl.RGBA, gl.FLOAT];
  if (data) gl.texSubImage2D(gl.TEXTURE_2D, 0, 0, 0, width, height, format, type, data);
  return texture;
}

/**
 * Runs `source` over a `width` × `height` target.
 * @param inputs [{integer, data}] the samplers input_0, input_1, …: base64 of four lanes for each texel.
 * @param reals the float uniform array `reals`; @param integers the int uniform array `integers`.
 * @returns base64 of the result's lanes: int32 if `integer`, else float32.
 */
globalThis.evaluateShader = ({ source, width, height, inputs, integer, reals, integers }) => {
  gl.getExtension("EXT_color_buffer_float");
  const program = link(source);
  gl.useProgram(program);
  const textures = inputs.map((input, index) => {
    gl.activeTexture(gl.TEXTURE0 + index);
    const bytes = decode(input.data);
    const data = input.integer ? new Int32Array(bytes) : new Float32Array(bytes);
    gl.uniform1i(gl.getUniformLocation(program, `input_${index}`), index);
    return createTexture(width, height, input.integer, data);
  });
  if (reals.length) gl.uniform1fv(gl.getUniformLocation(program, "reals"), reals);
  if (integers.length) gl.uniform1iv(gl.getUniformLocation(program, "integers"), integers);
  gl.activeTexture(gl.TEXTURE0 + inputs.length);
  const target = createTexture(width, height, integer, null);
  gl.bindFramebuffer(gl.FRAMEBUFFER, gl.createFramebuffer());
  gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.TEXTURE_2D, target, 0);
  if (gl.checkFramebufferStatus(gl.FRAMEBUFFER) !== gl.FRAMEBUFFER_COMPLETE) {
    throw new Error("the float target is incomplete");
  }
  gl.viewport(0, 0, width, height);
  gl.drawArrays(gl.TRIANGLES, 0, 3);
  const result = integer ? new Int32Array(4 * width * height) : new Float32Array(4 * width * height);
  const [format, type] = integer ? [gl.RGBA_INTEGER, gl.INT] : [gl.RGBA, gl.FLOAT];
  gl.readPixels(0, 0, width, height, format, type, result);
  const error = gl.getError();
  if (error !== gl.NO_ERROR) throw new Error(`WebGL error ${error}`);
  for (const texture of [...textures, target]) gl.deleteTexture(texture);
  gl.deleteProgram(program);
  return encode(result.buffer);
};
