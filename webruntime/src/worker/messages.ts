import type { Model } from "../api/model.ts";
import type { ModelSession } from "../api/model_session.ts";
import type { LoadOptions } from "../api/options.ts";
import type { Progress } from "../api/progress.ts";
import type { Timings } from "../api/timings.ts";
import type { DeviceReport } from "../backends/webgl2/device/device.ts";
import type { ProfileOptions } from "../backends/webgl2/profiler/profile.ts";
import type { DataType } from "../bundle/generated/graph_file.ts";
import type { ErrorCode } from "../errors.ts";
import type { DrawOptions } from "../graph/gpu_tensor.ts";
import type { RunInput } from "../graph/inputs.ts";
import type { TensorData } from "../graph/tensor.ts";

/** A tensor on its way between page and worker. */
export interface SentTensor {
  readonly dtype: DataType;
  readonly shape: readonly number[];
  readonly data: TensorData;
}

/** A tensor that stays on the worker's GPU, by a number that the worker gave it. */
export interface SentHandle {
  readonly gpu: number;
  readonly dtype: DataType;
  readonly shape: readonly number[];
}

/** An input on its way: pictures are such as cross. */
export type SentInput = RunInput | SentTensor | SentHandle;

/** By name, what crosses. */
export type Sent<T> = Readonly<Record<string, T>>;

/** What the page asks for. Models and sessions are runners, which have numbers that the page gives them. */
export type Request =
  | {
      readonly do: "load";
      readonly runner: number;
      readonly source: string | ReadonlyMap<string, Blob>;
      readonly options: Omit<LoadOptions, "signal" | "onProgress" | "fetch">;
      readonly asksPage: boolean;
    }
  | {
      readonly do: "run";
      readonly runner: number;
      readonly inputs: Sent<SentInput>;
      readonly options: { readonly keep?: readonly string[]; readonly latest?: boolean };
    }
  | {
      readonly do: "profile";
      readonly runner: number;
      readonly inputs: Sent<SentInput>;
      readonly options: ProfileOptions;
    }
  | { readonly do: "session"; readonly runner: number; readonly session: number }
  | { readonly do: "loaded" | "reset" | "save" | "dispose"; readonly runner: number }
  | { readonly do: "restore"; readonly runner: number; readonly states: Sent<SentTensor> }
  | { readonly do: "read" | "free"; readonly gpu: number }
  | { readonly do: "draw"; readonly gpu: number; readonly options: DrawOptions };

/** What the page sends: a request with a number, that it is given up, or what it fetched. */
export type ToWorker =
  | { readonly id: number; readonly request: Request }
  | { readonly id: number; readonly abort: true }
  | { readonly fetched: number; readonly answer: SentResponse | SentError };

/** A response to a worker that asks the page to fetch. */
export interface SentResponse {
  readonly status: number;
  readonly statusText: string;
  readonly headers: readonly [string, string][];
  readonly body: Blob;
}

/** An error on its way; with a code, it is one of Texelflow. */
export interface SentError {
  readonly name: string;
  readonly message: string;
  readonly code?: ErrorCode;
  readonly file?: string | undefined;
  readonly input?: string | undefined;
}

/** What a loaded model is, as plain data. */
export type ModelFacts = Pick<Model, "name" | "inputs" | "outputs" | "states" | "labels"> & ChangingFacts;

/** What may be other after a run. */
export interface ChangingFacts {
  readonly device: DeviceReport;
  readonly timings: Readonly<Timings>;
}

/** What the worker sends: the answer to a request, how far it is, or a file that the page is to fetch. */
export type ToPage =
  | { readonly id: number; readonly value: unknown; readonly facts?: ChangingFacts }
  | { readonly id: number; readonly error: SentError }
  | { readonly id: number; readonly progress: Progress }
  | { readonly id: number; readonly fetch: number; readonly url: string; readonly init: RequestInit };

/** What runs: a model or a session. */
export type Runner = Model | ModelSession;
