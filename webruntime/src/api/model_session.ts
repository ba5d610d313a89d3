import { Session } from "../backends/webgl2/run/session.ts";
import { TexelflowError } from "../errors.ts";
import { knownNames } from "../graph/inputs.ts";
import type { Tensor } from "../graph/tensor.ts";
import type { Branch, TaskKind } from "./memory.ts";
import type { Inputs, Outputs, RunOptions, Signature } from "./signature.ts";
import { WaitingRuns } from "./waiting_runs.ts";

const RUN: TaskKind = { goesOn: true, repeats: true };

/** A sequence of runs of a model with states of its own. Made by `model.session()`. */
export class ModelSession<S extends Signature = Signature> {
  /** By branch, its session on the GPU context of the last run. */
  private readonly sessions = new Map<Branch, Session>();
  private disposed = false;
  private readonly waiting = new WaitingRuns();
  /** @internal */
  branch: Branch;

  /** @internal */
  constructor(private readonly model: Branch<S>) {
    this.branch = model as Branch;
  }

  /**
   * Computes the outputs from the inputs and the session's states, which are zeros before the first run.
   *
   * @param inputs - as for `model.run`, as are `options`
   * @throws TexelflowError as `model.run` does; with the code `state-lost`, once, when the session's states were lost with
   *   the GPU's context
   */
  run<K extends keyof S["outputs"] = never>(
    inputs: Inputs<S>,
    options: RunOptions<K> = {},
  ): Promise<Outputs<S, K>> {
    return this.waiting.take(options, (check) =>
      this.exclusively((session, branch) => branch.runIn(session, inputs, options), {
        ...RUN,
        inputs,
        check,
      }),
    );
  }

  /** Forgets the states that earlier runs left: the next run starts from zeros. */
  reset(): Promise<void> {
    return this.exclusively(async (session) => session.states?.reset());
  }

  /** Resolves to the session's states, by the names of the model's inputs that they replace; empty before the first run. */
  save(): Promise<Record<string, Tensor>> {
    return this.exclusively(async (session) => session.states?.save() ?? {}, { goesOn: true });
  }

  /**
   * Sets the session's states to what `save` returned, of this or another session.
   *
   * @throws TexelflowError when a state is missing, unknown, or of another type
   */
  restore(states: Readonly<Record<string, Tensor>>): Promise<void> {
    return this.exclusively(async ({ model, states: memory }) => {
      knownNames(model.graph.states, states, "state");
      memory?.restore(states);
    });
  }

  /** Frees the session's GPU memory. */
  dispose(): void {
    this.disposed = true;
    this.model.cleanUp(() => {
      for (const session of this.sessions.values()) {
        session.delete();
        session.model.sessions.delete(session);
      }
    });
  }

  /** @internal */
  sessionOf(branch: Branch, goesOn: boolean): Session {
    const before = this.sessions.get(branch);
    const { loadedModel } = branch;
    if (before?.model === loadedModel) return before;
    const session = new Session(loadedModel);
    this.sessions.set(branch, session);
    loadedModel.sessions.add(session);
    if (before?.states?.isUsed && goesOn) {
      throw new TexelflowError(
        "state-lost",
        `The GPU context was lost with what a session of "${branch.name}" remembered; its next run begins anew.`,
      );
    }
    return session;
  }

  private exclusively<T>(
    task: (session: Session, branch: Branch<S>) => Promise<T>,
    kind: TaskKind = {},
  ): Promise<T> {
    if (this.disposed) return Promise.reject(new TexelflowError("disposed", "The session was disposed."));
    return this.model.exclusively(task, kind, this);
  }
}
