import type { LoadedModel } from "../backends/webgl2/load/loaded_model.ts";
import type { Session } from "../backends/webgl2/run/session.ts";
import type { Inputs, Outputs, RunOptions, Signature } from "./signature.ts";

/** A model, or one of its branches, as what remembers its runs sees it. */
export interface Branch<S extends Signature = Signature> {
  readonly name: string;
  /** On the GPU that it is on now. */
  readonly loadedModel: LoadedModel;

  /** Runs it in a session. */
  runIn<K extends keyof S["outputs"]>(
    session: Session,
    inputs: Inputs<S>,
    options: RunOptions<K>,
  ): Promise<Outputs<S, K>>;

  /** Runs a task after all earlier ones of the model. */
  exclusively<T>(
    task: (session: Session, branch: Branch<S>) => Promise<T>,
    kind?: TaskKind,
    memory?: Memory,
  ): Promise<T>;

  /** Frees something after all earlier tasks of the model; nothing is loaded again for that. */
  afterRuns(free: () => void): void;

  /** Runs a task of this branch at once. */
  attempt<T>(
    task: (session: Session, branch: Branch<S>) => Promise<T>,
    memory: Memory,
    goesOn?: boolean,
  ): Promise<T>;
}

/** What a task of a model needs, and what it does when the GPU's context is lost. */
export interface TaskKind {
  /** What it is given; of a model that branches, it is done in the branch that takes them, else in the last one. */
  readonly inputs?: Readonly<Record<string, unknown>>;
  /** Whether it goes on from what the model's own session remembered. */
  readonly goesOn?: boolean;
  /** Whether it is done again, once, when it is lost in its midst. */
  readonly repeats?: boolean;
  /** Throws where nobody wants it any more: before anything is loaded for it, or lost memory is told of to nobody. */
  readonly check?: () => void;
}

/** What remembers what runs leave. */
export interface Memory {
  /** The branch that ran last. */
  branch: Branch;
  /**
   * Where runs of a branch are, on the GPU that it is on now.
   *
   * @throws TexelflowError, once, when a run goes on from what was lost with the context
   */
  sessionOf(branch: Branch, goesOn: boolean): Session;
}
