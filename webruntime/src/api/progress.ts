import type { LoadingPhase } from "../backends/webgl2/load/loaded_model.ts";
import type { GraphFile } from "../bundle/generated/graph_file.ts";

/** How far loading is. */
export interface Progress {
  /** The part of loading that is done, by the time that it usually takes: from 0 to 1, never less than before. */
  readonly fraction: number;
  /**
   * What went on, and how far that is: `loaded` of `total` bytes received, programs ready, or parts of weights on the
   * GPU; at the end that all is ready. Phases overlap, since weights download while programs compile.
   */
  readonly phase: LoadingPhase;
  readonly loaded: number;
  readonly total: number;
}

/** Bytes a millisecond of a usual connection. */
const DOWNLOAD_RATE = 4000;

/** Bytes a millisecond that are handed to the GPU. */
const UPLOAD_RATE = 100_000;

/** Milliseconds that a program usually takes to compile. */
const COMPILE_TIME = 40;

/** Milliseconds that the load phase's draws take behind the rest. */
const LAST_DRAWS_TIME = 20;

/** Tells of loading as one fraction, also where it begins again. */
export class ProgressMeter {
  private fraction = 0;
  /** The fraction at which this attempt began: what is left is its whole. */
  private begun = 0;
  /** Milliseconds that each phase is expected to take, and the part of them that is over. */
  private phases = new Map<LoadingPhase, { readonly time: number; done: number }>();

  constructor(private readonly onProgress: (progress: Progress) => void) {}

  /** Begins with the loading of a model, once its graph.json is there. */
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

  /** Tells that so much of a phase is done. */
  report(phase: LoadingPhase, loaded: number, total: number): void {
    let over = 0;
    let whole = 0;
    for (const [name, part] of this.phases) {
      // At the end all is done. Programs are counted anew for another setting of the device.
      if (phase === "ready") part.done = 1;
      else if (phase === name && total > 0) part.done = Math.max(part.done, loaded / total);
      over += part.time * part.done;
      whole += part.time;
    }
    this.fraction = this.begun + (1 - this.begun) * (over / whole);
    this.onProgress({ fraction: this.fraction, phase, loaded, total });
  }
}
