import type { LoadedModel } from "../backends/webgl2/load/loaded_model.ts";
import type { Session } from "../backends/webgl2/run/session.ts";
import type { Inputs, Outputs, RunOptions, Signature } from "./signature.ts";

/** A model, or one of its branches, as seen by the memory of its runs. */
export interface Branch<S extends Signature = Signature> {
  readonly name: string;
  /** The model as it is loaded on the current GPU context. */
  readonly loadedModel: LoadedModel;

  /** Runs the model in a session. */
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
  cleanUp(free: () => void): void;

  /** Runs a task of this branch at once. */
  attempt<T>(
    task: (session: Session, branch: Branch<S>) => Promise<T>,
    memory: Memory,
    goesOn?: boolean,
  ): Promise<T>;
}

/** What a task of a model needs, and what happens to it when the GPU's context is lost. */
export interface TaskKind {
  /** Its inputs. A model with branches does the task in the branch that accepts them; without inputs, in the last one. */
  readonly inputs?: Readonly<Record<string, unknown>>;
  /** Whether it continues from the state of the model's own session. */
  readonly goesOn?: boolean;
  /** Whether it is repeated, once, when the context is lost while it runs. */
  readonly repeats?: boolean;
  /** Throws if the task was given up, before anything is loaded for it and before a lost state is reported. */
  readonly check?: () => void;
}

/** The memory of a sequence of runs: the states that each run leaves for the next. */
export interface Memory {
  /** The branch that ran last. */
  branch: Branch;
  /**
   * The session of a branch on the current GPU context.
   *
   * @throws TexelflowError, once, when a run would continue from a state that was lost with the context
   */
  sessionOf(branch: Branch, goesOn: boolean): Session;
}
