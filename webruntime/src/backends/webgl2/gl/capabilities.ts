/** What a WebGL2 implementation can do, as far as drawing into float textures goes. */
export interface Capabilities {
  /** Name of the GPU and driver as the browser gives it. */
  readonly renderer: string;
  /** Whether a processor draws, by the name: a GPU wants other kernels. */
  readonly isSoftware: boolean;
  /** Whether machine code depends on whether extents of textures are powers of two: see Context.roomyExtent. */
  readonly compilesByExtent: boolean;
  /**
   * Whether the page stands still, at the first use of a program and when it asks for something, until all is done that
   * was issued before: as in Firefox.
   */
  readonly answersInTurn: boolean;
  /** Largest extent of a texture in texels. */
  readonly maxTextureSize: number;
  /** Most render targets of one draw. */
  readonly drawBuffers: number;
  /** Most textures that one fragment shader can read. */
  readonly textureUnits: number;
  /** Whether RGBA32F textures can be drawn into. */
  readonly float32Targets: boolean;
  /** Whether RGBA16F textures can be drawn into. */
  readonly float16Targets: boolean;
  /** The extension that tells without blocking whether a program is linked, where there is one. */
  readonly parallelCompile: { readonly COMPLETION_STATUS_KHR: number } | null;
}

/** What renderers on processors call themselves: Chromium's, Mesa's, Windows' and macOS's. */
const SOFTWARE = /SwiftShader|llvmpipe|softpipe|Basic Render|Software/i;

/** What browsers say instead of the name, which only an extension gives then. Asking Firefox for that makes it warn. */
const UNNAMED = /^(WebKit WebGL|Mozilla)$/;

/** Reads the limits and switches on the extensions that float render targets need. */
export function readCapabilities(gl: WebGL2RenderingContext): Capabilities {
  const float32Targets = gl.getExtension("EXT_color_buffer_float") !== null;
  const float16Targets = float32Targets || gl.getExtension("EXT_color_buffer_half_float") !== null;
  const renderer = rendererName(gl);
  // WebKit gives every renderer this name. Where it is none of Apple's it may be llvmpipe.
  const isMasked = renderer === "Apple GPU" && /Linux/.test(navigator.userAgent);
  return {
    renderer,
    isSoftware: SOFTWARE.test(renderer),
    compilesByExtent: isMasked || /llvmpipe/i.test(renderer),
    answersInTurn: / Gecko\//.test(navigator.userAgent),
    maxTextureSize: gl.getParameter(gl.MAX_TEXTURE_SIZE),
    drawBuffers: Math.min(gl.getParameter(gl.MAX_DRAW_BUFFERS), gl.getParameter(gl.MAX_COLOR_ATTACHMENTS)),
    textureUnits: gl.getParameter(gl.MAX_TEXTURE_IMAGE_UNITS),
    float32Targets,
    float16Targets,
    parallelCompile: gl.getExtension("KHR_parallel_shader_compile"),
  };
}

function rendererName(gl: WebGL2RenderingContext): string {
  const name = String(gl.getParameter(gl.RENDERER));
  const names = UNNAMED.test(name) && gl.getExtension("WEBGL_debug_renderer_info");
  return names ? String(gl.getParameter(names.UNMASKED_RENDERER_WEBGL)) : name;
}
