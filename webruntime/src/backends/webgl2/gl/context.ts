import { TexelflowError } from "../../../errors.ts";
import { type Capabilities, readCapabilities } from "./capabilities.ts";
import type { LinkedProgram } from "./program.ts";

/** Milliseconds that an unused context is kept: creating one takes far longer than keeping one. */
const IDLE_MILLISECONDS = 10_000;

/** Unused programs that are kept for the next model. */
const UNUSED_PROGRAMS_KEPT = 128;

const ATTRIBUTES: WebGLContextAttributes = {
  alpha: false,
  antialias: false,
  depth: false,
  stencil: false,
  powerPreference: "high-performance",
};

/** The WebGL2 context that all models share, with its caches and counters. */
export class Context {
  readonly gl: WebGL2RenderingContext;
  readonly capabilities: Capabilities;
  /** GL objects created since the context exists; steady runs must leave these as they are. */
  readonly created = { programs: 0, textures: 0, framebuffers: 0 };
  /** Bytes in the textures that exist, and the most there ever were. */
  readonly textureBytes = { now: 0, peak: 0 };
  /** Programs by their final source text, those first that were asked for longest ago. */
  readonly programs = new Map<string, LinkedProgram>();
  /** Outcomes of self-tests by device setting: null for passed, else the reason. */
  readonly selfTests = new Map<string, Promise<string | null>>();
  /** The vertex shader of every program, once there is one. */
  vertexShader: WebGLShader | null = null;
  references = 0;
  /** How many programs are kept that no model uses. */
  unusedProgramsKept = UNUSED_PROGRAMS_KEPT;
  private lost = false;
  private readonly bound: (WebGLTexture | null)[] = [];
  private readonly emptyTextures = new Map<string, WebGLTexture>();

  constructor() {
    const canvas = createCanvas();
    const gl = canvas?.getContext("webgl2", ATTRIBUTES) as WebGL2RenderingContext | null | undefined;
    if (!canvas || !gl) {
      throw new TexelflowError(
        "no-webgl2",
        `WebGL2 is not available in this browser${
          typeof document === "undefined"
            ? "'s workers, nor in Node.js. Load the model on the page, or update the browser."
            : ". Update it, or allow hardware acceleration in its settings."
        }`,
      );
    }
    canvas.addEventListener("webglcontextlost", (event) => {
      event.preventDefault();
      this.lost = true;
    });
    this.gl = gl;
    this.capabilities = readCapabilities(gl);
  }

  /** Whether the browser took the context away (GPU reset, too many contexts, device asleep). */
  get isLost(): boolean {
    return this.lost || this.gl.isContextLost();
  }

  /** Binds a 2D-array texture to a texture unit unless it already is. */
  bindTexture(unit: number, texture: WebGLTexture | null): void {
    if (this.bound[unit] === texture) return;
    this.gl.activeTexture(this.gl.TEXTURE0 + unit);
    this.gl.bindTexture(this.gl.TEXTURE_2D_ARRAY, texture);
    this.bound[unit] = texture;
  }

  /** Makes a 2D-array texture the one that allocation and upload act on. */
  selectTexture(texture: WebGLTexture): void {
    this.bindTexture(0, texture);
    this.gl.activeTexture(this.gl.TEXTURE0);
  }

  /** Forgets a texture that is about to be deleted, since GL unbinds it everywhere. */
  forgetTexture(texture: WebGLTexture): void {
    for (let unit = 0; unit < this.bound.length; unit++) {
      if (this.bound[unit] === texture) this.bound[unit] = null;
    }
  }

  /**
   * The extent that a texture gets which needs one of so many texels. Where the driver makes other machine code of a
   * program when the extents of what it reads are powers of two, none ever is: so the code that is made while loading
   * is that of the first run.
   */
  roomyExtent(extent: number): number {
    const { compilesByExtent, maxTextureSize } = this.capabilities;
    if (!compilesByExtent) return extent;
    let roomy = extent;
    while ((roomy & (roomy - 1)) === 0) roomy++;
    return roomy > maxTextureSize ? extent : roomy;
  }

  /** A texture of a texel of zeros for samplers that have nothing to read. */
  emptyTexture(kind: "float" | "integer"): WebGLTexture {
    let texture = this.emptyTextures.get(kind);
    if (!texture) {
      const gl = this.gl;
      texture = gl.createTexture();
      this.selectTexture(texture);
      const extent = this.roomyExtent(1);
      const target = gl.TEXTURE_2D_ARRAY;
      gl.texStorage3D(target, 1, kind === "float" ? gl.RGBA32F : gl.RGBA32I, extent, extent, 1);
      setNearest(gl, target);
      // Zeros are there already, but Firefox warns of draws that it must write them for.
      const [format, type, zeros] =
        kind === "float"
          ? ([gl.RGBA, gl.FLOAT, new Float32Array(extent * extent * 4)] as const)
          : ([gl.RGBA_INTEGER, gl.INT, new Int32Array(extent * extent * 4)] as const);
      gl.texSubImage3D(target, 0, 0, 0, 0, extent, extent, 1, format, type, zeros);
      this.created.textures++;
      this.emptyTextures.set(kind, texture);
    }
    return texture;
  }

  /** Counts texture memory gained (or lost, when negative). */
  countBytes(bytes: number): void {
    this.textureBytes.now += bytes;
    this.textureBytes.peak = Math.max(this.textureBytes.peak, this.textureBytes.now);
  }

  /** Deletes programs that no model uses any more until few enough are left, those unused longest first. */
  trimPrograms(): void {
    const unused = [...this.programs].filter(([, program]) => program.references === 0);
    for (const [source, program] of unused.slice(0, Math.max(0, unused.length - this.unusedProgramsKept))) {
      program.delete();
      this.programs.delete(source);
    }
  }
}

let shared: Context | undefined;
let idleTimer: ReturnType<typeof setTimeout> | undefined;

/** The shared context with one more user; created when there is none or the last one was lost. */
export function acquireContext(): Context {
  clearTimeout(idleTimer);
  if (!shared || shared.isLost) shared = new Context();
  shared.references++;
  return shared;
}

/** Gives up one use of the context; it is freed a while after nobody uses it. */
export function releaseContext(context: Context): void {
  context.references--;
  if (context !== shared || context.references > 0) return;
  clearTimeout(idleTimer);
  idleTimer = setTimeout(() => {
    if (context.references > 0) return;
    if (shared === context) shared = undefined;
    context.gl.getExtension("WEBGL_lose_context")?.loseContext();
  }, IDLE_MILLISECONDS);
}

/** Reads without filtering or wrapping: float textures with the default filters read as zero. */
export function setNearest(gl: WebGL2RenderingContext, target: number): void {
  gl.texParameteri(target, gl.TEXTURE_MIN_FILTER, gl.NEAREST);
  gl.texParameteri(target, gl.TEXTURE_MAG_FILTER, gl.NEAREST);
  gl.texParameteri(target, gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE);
  gl.texParameteri(target, gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE);
}

/** A canvas that can make a WebGL2 context: off screen where that works (also in workers), else an element. */
function createCanvas(): OffscreenCanvas | HTMLCanvasElement | undefined {
  if (typeof OffscreenCanvas !== "undefined") {
    const canvas = new OffscreenCanvas(1, 1);
    try {
      if (canvas.getContext("webgl2", ATTRIBUTES)) return canvas;
    } catch {
      // An unknown kind of context throws in some browsers and gives null in others.
    }
  }
  return typeof document === "undefined" ? undefined : document.createElement("canvas");
}
