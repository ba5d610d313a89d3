import { loadModel as loadOnPage } from "../api/load_model.ts";
import type { Model } from "../api/model.ts";
import type { ModelSession } from "../api/model_session.ts";
import type { LoadOptions } from "../api/options.ts";
import type { Inputs, Outputs, RunOptions, Signature } from "../api/signature.ts";
import type { DeviceReport } from "../backends/webgl2/device/device.ts";
import type { Profile, ProfileOptions } from "../backends/webgl2/profiler/profile.ts";
import { type BundleSource, baseAddress } from "../bundle/bundle_source.ts";
import { TexelflowError } from "../errors.ts";
import type { Tensor } from "../graph/tensor.ts";
import { Connection } from "./connection.ts";
import type { ChangingFacts, ModelFacts, Sent, SentTensor } from "./messages.ts";
import { sendInputs, sendTensor } from "./sending.ts";
import { receivedTensors } from "./worker_tensor.ts";

/** A model in the worker: what `Model` of the runtime has. */
export type WorkerModel<S extends Signature = Signature> = Pick<
  Model<S>,
  | "name"
  | "inputs"
  | "outputs"
  | "states"
  | "labels"
  | "device"
  | "timings"
  | "loaded"
  | "run"
  | "profile"
  | "reset"
  | "dispose"
> & {
  /** A session with a memory of its own; `run` uses one that the model has. */
  session(): WorkerSession<S>;
};

/** Runs of a model in the worker with a memory of their own: what `ModelSession` of the runtime has. */
export type WorkerSession<S extends Signature = Signature> = Pick<
  ModelSession<S>,
  "run" | "reset" | "save" | "restore" | "dispose"
>;

/** The worker of all models of the page, which share its GPU context; ended with the last of them. */
let shared: Connection | undefined;

/**
 * Loads a bundle in a worker, as `loadModel` of the runtime does on the page; where the browser has no WebGL2 in workers, on
 * the page. Needs `texelflow.thread.js` beside the runtime. Pictures and tensors that a run is given are copied; outputs
 * are handed over.
 *
 * @param source - as for the runtime's own `loadModel`, and `options`, too
 * @throws TexelflowError as the runtime's own `loadModel` does
 */
export async function loadModel<S extends Signature = Signature>(
  source: BundleSource,
  options: LoadOptions = {},
): Promise<WorkerModel<S>> {
  if (!shared || shared.isEnded) shared = new Connection();
  const connection = shared;
  const { signal, onProgress, fetch, ...rest } = options;
  const runner = connection.next();
  const request = {
    do: "load",
    runner,
    source: sendSource(source),
    options: rest,
    asksPage: fetch !== undefined,
  } as const;
  let facts: ChangingFacts | undefined;
  const onFacts = (told: ChangingFacts) => {
    facts = told;
  };
  connection.count(1);
  try {
    const found = await connection.ask({ request }, { signal, onProgress, fetch, onFacts });
    return new RemoteModel<S>(connection, runner, { ...(found as ModelFacts), ...(facts as ChangingFacts) });
  } catch (error) {
    // The worker may have it already, where the load was given up.
    connection
      .ask({ request: { do: "dispose", runner } })
      .catch(() => {})
      .finally(() => connection.count(-1));
    if (!(error instanceof TexelflowError && error.code === "no-webgl2")) throw error;
    return loadOnPage<S>(source, options);
  }
}

/** A bundle's source as it crosses: addresses are relative to the page. */
function sendSource(source: BundleSource): string | ReadonlyMap<string, Blob> {
  if (typeof source === "string" || source instanceof URL) return new URL(source, baseAddress()).href;
  if (source instanceof Map) return source;
  const files = Array.from(source as Iterable<File>);
  return new Map(files.map((file) => [file.webkitRelativePath || file.name, file]));
}

/** What runs in the worker under a number. */
class RemoteRunner<S extends Signature> {
  constructor(
    protected readonly connection: Connection,
    protected readonly runner: number,
    private readonly onFacts?: (facts: ChangingFacts) => void,
  ) {}

  async run<K extends keyof S["outputs"] = never>(
    inputs: Inputs<S>,
    { signal, keep, latest }: RunOptions<K> = {},
  ): Promise<Outputs<S, K>> {
    const options = { ...(keep && { keep: keep as readonly string[] }), ...(latest && { latest }) };
    const prepared = sendInputs(inputs).then(({ inputs, transfer }) => {
      return { request: { do: "run", runner: this.runner, inputs, options } as const, transfer };
    });
    const sent = await this.connection.ask(prepared, { signal, onFacts: this.onFacts });
    return receivedTensors(this.connection, sent as Sent<SentTensor>) as Outputs<S, K>;
  }

  async reset(): Promise<void> {
    await this.connection.ask({ request: { do: "reset", runner: this.runner } });
  }
}

class RemoteModel<S extends Signature> extends RemoteRunner<S> implements WorkerModel<S> {
  readonly name: string;
  readonly inputs: WorkerModel["inputs"];
  readonly outputs: WorkerModel["outputs"];
  readonly states: WorkerModel["states"];
  readonly labels: readonly string[];
  device: DeviceReport;
  timings: WorkerModel["timings"];
  private isDisposed = false;

  constructor(connection: Connection, runner: number, facts: ModelFacts) {
    super(connection, runner, ({ device, timings }) => {
      this.device = device;
      this.timings = timings;
    });
    this.name = facts.name;
    this.inputs = facts.inputs;
    this.outputs = facts.outputs;
    this.states = facts.states;
    this.labels = facts.labels;
    this.device = facts.device;
    this.timings = facts.timings;
  }

  get loaded(): Promise<void> {
    return this.connection.ask({ request: { do: "loaded", runner: this.runner } }) as Promise<void>;
  }

  override run<K extends keyof S["outputs"] = never>(
    inputs: Inputs<S>,
    options: RunOptions<K> = {},
  ): Promise<Outputs<S, K>> {
    if (!this.isDisposed) return super.run(inputs, options);
    return Promise.reject(new TexelflowError("disposed", `The model "${this.name}" was disposed.`));
  }

  async profile(inputs: Inputs<S>, options: ProfileOptions = {}): Promise<Profile> {
    const prepared = sendInputs(inputs).then(({ inputs, transfer }) => {
      return { request: { do: "profile", runner: this.runner, inputs, options } as const, transfer };
    });
    return (await this.connection.ask(prepared)) as Profile;
  }

  session(): WorkerSession<S> {
    const session = this.connection.next();
    this.connection.ask({ request: { do: "session", runner: this.runner, session } }).catch(() => {});
    return new RemoteSession<S>(this.connection, session);
  }

  dispose(): void {
    if (this.isDisposed) return;
    this.isDisposed = true;
    this.connection
      .ask({ request: { do: "dispose", runner: this.runner } })
      .catch(() => {})
      .finally(() => this.connection.count(-1));
  }
}

class RemoteSession<S extends Signature> extends RemoteRunner<S> implements WorkerSession<S> {
  async save(): Promise<Record<string, Tensor>> {
    const sent = await this.connection.ask({ request: { do: "save", runner: this.runner } });
    return receivedTensors(this.connection, sent as Sent<SentTensor>) as Record<string, Tensor>;
  }

  async restore(states: Readonly<Record<string, Tensor>>): Promise<void> {
    const entries = Object.entries(states).map(([name, tensor]) => [name, sendTensor(tensor)]);
    await this.connection.ask({
      request: { do: "restore", runner: this.runner, states: Object.fromEntries(entries) },
    });
  }

  dispose(): void {
    this.connection.ask({ request: { do: "dispose", runner: this.runner } }).catch(() => {});
  }
}
