import { TexelflowError } from "../../../errors.ts";
import type { Capabilities } from "./capabilities.ts";
import triangle from "./triangle.vert.glsl";

/** What programs need of the context that they are made for (`Context`), and keep there. */
interface ProgramContext {
  readonly gl: WebGL2RenderingContext;
  readonly capabilities: Capabilities;
  readonly created: { programs: number };
  readonly programs: Map<string, LinkedProgram>;
  vertexShader: WebGLShader | null;
  readonly isLost: boolean;
  trimPrograms(): void;
}

/** A uniform array: where it is and how many 4-component (scales: 2-component) entries the compiler kept. */
interface UniformArray {
  readonly location: WebGLUniformLocation;
  readonly entries: number;
}

/** A fragment shader before, on its way to, or after being linked. */
export class LinkedProgram {
  readonly handle: WebGLProgram;
  /** Users of the program; see Context.trimPrograms. */
  references = 0;
  ints: UniformArray | null = null;
  floats: UniformArray | null = null;
  scales: UniformArray | null = null;
  private fragment: WebGLShader | null = null;
  private finished = false;

  constructor(
    private readonly context: ProgramContext,
    private readonly source: string,
    private readonly samplers: readonly string[],
    /** What the program is for, in errors. */
    private readonly label: string,
  ) {
    // Creation returns null only on a lost context, which is reported where results are read.
    this.handle = context.gl.createProgram() as WebGLProgram;
  }

  /** Starts compiling and linking, once, and returns at once. */
  issue(): void {
    if (this.fragment) return;
    const { context } = this;
    const { gl } = context;
    const compile = (type: number, text: string): WebGLShader => {
      const shader = gl.createShader(type) as WebGLShader;
      gl.shaderSource(shader, text);
      gl.compileShader(shader);
      return shader;
    };
    context.vertexShader ??= compile(gl.VERTEX_SHADER, triangle);
    this.fragment = compile(gl.FRAGMENT_SHADER, this.source);
    gl.attachShader(this.handle, context.vertexShader);
    gl.attachShader(this.handle, this.fragment);
    gl.linkProgram(this.handle);
    context.created.programs++;
  }

  /** Whether `finish` would return at once, once it is issued; true where the browser cannot tell. */
  get isReady(): boolean {
    const extension = this.context.capabilities.parallelCompile;
    return (
      this.finished ||
      !extension ||
      !!this.context.gl.getProgramParameter(this.handle, extension.COMPLETION_STATUS_KHR)
    );
  }

  /** Whether it may be drawn with. */
  get isFinished(): boolean {
    return this.finished;
  }

  /** Checks the link and looks up the uniforms, once. Throws with the log and the source when the shader is wrong. */
  finish(): void {
    if (this.finished) return;
    this.issue();
    const { gl } = this.context;
    if (!gl.getProgramParameter(this.handle, gl.LINK_STATUS)) {
      if (this.context.isLost)
        throw new TexelflowError(
          "context-lost",
          "The GPU context was lost while the model was loading. Load it again.",
        );
      const log = `${gl.getShaderInfoLog(this.fragment as WebGLShader) ?? ""}\n${gl.getProgramInfoLog(this.handle) ?? ""}`;
      throw new TexelflowError(
        "device",
        `${this.label} does not compile on this device.\n${log.trim()}\n${numberedSource(this.source, log)}`,
      );
    }
    gl.useProgram(this.handle);
    this.samplers.forEach((name, unit) => {
      gl.uniform1i(gl.getUniformLocation(this.handle, name), unit);
    });
    const count: number = gl.getProgramParameter(this.handle, gl.ACTIVE_UNIFORMS);
    for (let index = 0; index < count; index++) {
      const uniform = gl.getActiveUniform(this.handle, index);
      const name = uniform?.name.replace("[0]", "");
      if (!uniform || (name !== "ints" && name !== "floats" && name !== "scales")) continue;
      const location = gl.getUniformLocation(this.handle, uniform.name);
      if (location) this[name] = { location, entries: uniform.size };
    }
    gl.deleteShader(this.fragment);
    this.finished = true;
  }

  /** Frees the program. */
  delete(): void {
    const { gl } = this.context;
    gl.deleteShader(this.fragment);
    gl.deleteProgram(this.handle);
  }
}

/** The program of a fragment shader, to be issued, or the one that there is. The caller owns one reference to it. */
export function programOf(
  context: ProgramContext,
  source: string,
  samplers: readonly string[],
  label: string,
): LinkedProgram {
  const program = context.programs.get(source) ?? new LinkedProgram(context, source, samplers, label);
  context.programs.delete(source);
  context.programs.set(source, program);
  program.references++;
  return program;
}

/** Gives up one reference to each program. */
export function releasePrograms(context: ProgramContext, programs: Iterable<LinkedProgram>): void {
  for (const program of programs) program.references--;
  if (!context.isLost) context.trimPrograms();
}

/** The lines of a shader around those that its log complains about, numbered; all lines if the log names none. */
function numberedSource(source: string, log: string): string {
  const named = [...log.matchAll(/\b\d+:(\d+)\b/g)].map((match) => Number(match[1]));
  return source
    .split("\n")
    .map((line, index) => `${index + 1} | ${line}`)
    .filter((_, index) => !named[0] || named.some((number) => Math.abs(number - 1 - index) <= 4))
    .join("\n");
}
