import { Session } from "../backends/webgl2/run/session.ts";
import { TexelflowError } from "../errors.ts";
import type { Tensor } from "../graph/tensor.ts";
import type { Model, TaskKind } from "./model.ts";
import type { Inputs, Outputs, RunOptions, Signature } from "./signature.ts";
import { WaitingRuns } from "./waiting_runs.ts";

const RUN: TaskKind = { goesOn: true, repeats: true };

/** Runs of a model with a memory of their own. Made by `model.session()`. */
export class ModelSession<S extends Signature = Signature> {
  /** On the GPU that the model was on when this was run last. */
  private session: Session | null = null;
  private disposed = false;
  private readonly waiting = new WaitingRuns();

  /** @internal */
  constructor(private readonly model: Model<S>) {}

  /**
   * Computes the outputs from the inputs and from what the session remembers, which is zeros before the first run.
   *
   * @param inputs - and `options`: as for `model.run`
   * @throws TexelflowError as `model.run` does; once with the code `state-lost` when the GPU's context was lost with what
   *   the session remembered
   */
  run<K extends keyof S["outputs"] = never>(
    inputs: Inputs<S>,
    options: RunOptions<K> = {},
  ): Promise<Outputs<S, K>> {
    // A model that branches remembers nothing.
    if (this.model.graph.branches) return this.model.run(inputs, options);
    return this.waiting.take(options, (check) =>
      this.exclusively((session) => this.model.runIn(session, inputs, options, check), RUN),
    );
  }

  /** Forgets what earlier runs left: the next one starts from zeros. */
  reset(): Promise<void> {
    return this.exclusively(async (session) => session.states?.reset());
  }

  /** Resolves to what the session remembers, by the names of the model's inputs that states were; empty before a run. */
  save(): Promise<Record<string, Tensor>> {
    return this.exclusively(async (session) => session.states?.save() ?? {}, { goesOn: true });
  }

  /**
   * Lets the session remember what `save` gave, perhaps of another session.
   *
   * @throws TexelflowError when a state is missing, unknown, or of another type
   */
  restore(states: Readonly<Record<string, Tensor>>): Promise<void> {
    return this.exclusively(async (session) => session.states?.restore(states));
  }

  /** Frees the session's GPU memory. */
  dispose(): void {
    this.disposed = true;
    this.model
      .exclusively(async ({ model }) => {
        this.session?.delete();
        model.sessions.delete(this.session as Session);
      })
      .catch(() => {}); // the model may be disposed, and the session with it
  }

  /** Runs a task with the session where the model is now. */
  private exclusively<T>(
    task: (session: Session) => Promise<T>,
    { goesOn, ...kind }: TaskKind = {},
  ): Promise<T> {
    if (this.disposed) return Promise.reject(new TexelflowError("disposed", "The session was disposed."));
    return this.model.exclusively(async ({ model }) => {
      const before = this.session;
      if (before?.model !== model) {
        this.session = new Session(model);
        model.sessions.add(this.session);
        if (before?.states?.isUsed && goesOn) throw stateLost(model.graph.name);
      }
      return task(this.session as Session);
    }, kind);
  }
}

/** What a run rejects with once, when what it would go on from went with the context. */
export function stateLost(name: string): TexelflowError {
  return new TexelflowError(
    "state-lost",
    `The GPU context was lost with what a session of "${name}" remembered; its next run begins anew.`,
  );
}
