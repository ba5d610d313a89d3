import type { LoadingPhase } from "../backends/webgl2/load/loaded_model.ts";
import type { GraphFile } from "../bundle/generated/graph_file.ts";

/** How far loading has come. */
export interface Progress {
  /** The fraction of the expected loading time that is over: from 0 to 1, never decreasing. */
  readonly fraction: number;
  /**
   * Which phase advanced, and how far it is: `loaded` of `total` bytes received, programs compiled, or parts of weights
   * uploaded to the GPU; at the end, that everything is ready. Phases overlap: weights download while programs compile.
   */
  readonly phase: LoadingPhase;
  readonly loaded: number;
  readonly total: number;
}

/** Bytes per millisecond of a typical connection. */
const DOWNLOAD_RATE = 4000;

/** Bytes per millisecond that are uploaded to the GPU. */
const UPLOAD_RATE = 100_000;

/** Milliseconds that a program usually takes to compile. */
const COMPILE_TIME = 40;

/** Milliseconds that the draws of the load phase take after everything else. */
const LAST_DRAWS_TIME = 20;

/** Reports loading as one fraction, even if loading starts again. */
export class ProgressMeter {
  private fraction = 0;
  /** The fraction at which this attempt began; the attempt covers the rest. */
  private begun = 0;
  /** The expected milliseconds of each phase, and how many of them are over. */
  private phases = new Map<LoadingPhase, { readonly time: number; done: number }>();

  constructor(private readonly onProgress: (progress: Progress) => void) {}

  /** Starts the report, once the model's graph.json has been read. */
  begin({ files, plans }: GraphFile): void {
    const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
    const times: [LoadingPhase, number][] = [
      ["download", bytes / DOWNLOAD_RATE],
      ["compile", plans.webgl2.programs.length * COMPILE_TIME],
      ["upload", bytes / UPLOAD_RATE],
      ["ready", LAST_DRAWS_TIME],
    ];
    this.begun = this.fraction;
    this.phases = new Map(times.map(([phase, time]) => [phase, { time, done: 0 }]));
  }

  /** Reports how much of a phase is done. */
  report(phase: LoadingPhase, loaded: number, total: number): void {
    let over = 0;
    let whole = 0;
    for (const [name, part] of this.phases) {
      // At the end everything is done. If the runtime tries another device setting, it compiles all programs again.
      if (phase === "ready") part.done = 1;
      else if (phase === name && total > 0) part.done = Math.max(part.done, loaded / total);
      over += part.time * part.done;
      whole += part.time;
    }
    this.fraction = this.begun + (1 - this.begun) * (over / whole);
    this.onProgress({ fraction: this.fraction, phase, loaded, total });
  }
}
