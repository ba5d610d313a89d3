import { loadModel } from "../api/load_model.ts";
import type { LoadOptions } from "../api/options.ts";
import type { BundleSource } from "../bundle/bundle_source.ts";
import type { Role } from "../bundle/generated/graph_file.ts";
import { TexelflowError } from "../errors.ts";
import { type AnyModel, TaskModel } from "./task_model.ts";
import {
  TASK_ALIASES,
  TASKS,
  type TaskAlias,
  type TaskName,
  type TaskOf,
  type Tasks,
  TEXT_TASKS,
} from "./tasks.ts";
import { type TokenizerSource, tokenizerFiles, tokenizerOf } from "./text_inputs.ts";

/** Options of a pipeline; those of `loadModel` matter only if the bundle is not loaded yet. */
export interface PipelineOptions extends LoadOptions {
  /** Whether the model runs in a worker, so that it does not slow down the page. Default: false. */
  worker?: boolean | undefined;
  /** The roles of inputs and outputs by name, if the bundle does not state them. */
  roles?: Readonly<Record<string, Role>> | undefined;
  /** The names of the classes, if the bundle has none. */
  labels?: readonly string[] | undefined;
  /** Of texts, the tokenizer. Default: beside the bundle. */
  tokenizer?: TokenizerSource | undefined;
}

/** A function that does a task with a model. */
export type Pipeline<T extends TaskName> = Tasks[T] & {
  readonly task: T;
  readonly model: AnyModel;
  /** Frees the model's GPU memory, even if the model was passed in already loaded. */
  dispose(): Promise<void>;
};

/**
 * Creates a function that does a task with a bundle, like `pipeline` of Transformers.js.
 *
 * @param name - of the task, such as "object-detection"
 * @param bundle - its address or files, or a model that was loaded, on the page or in a worker
 * @returns a function that takes a picture, a sound or a text, and options of the task
 * @throws TexelflowError as `loadModel` does; and with the code `option` when there is no such task, or the bundle does not
 *   say what the task needs, which `roles` can
 */
export async function pipeline<T extends TaskAlias>(
  name: T,
  bundle: BundleSource | AnyModel,
  options: PipelineOptions = {},
): Promise<Pipeline<TaskOf<T>>> {
  const task = (
    Object.hasOwn(TASK_ALIASES, name) ? TASK_ALIASES[name as keyof typeof TASK_ALIASES] : name
  ) as TaskOf<T>;
  const { worker = false, roles = {}, labels, tokenizer, ...loading } = options;
  if (!Object.hasOwn(TASKS, task) && !Object.hasOwn(TEXT_TASKS, task)) {
    const known = [...Object.keys(TASKS), ...Object.keys(TEXT_TASKS)].join(", ");
    throw new TexelflowError("option", `pipeline: there is no task "${task}"; there are ${known}.`);
  }
  const isLoaded = isModel(bundle);
  const model = isLoaded ? bundle : await load(bundle, worker, loading);
  try {
    const of = new TaskModel(task, model, roles, labels);
    const run =
      task in TASKS
        ? TASKS[task as keyof typeof TASKS](of)
        : TEXT_TASKS[task as keyof typeof TEXT_TASKS](
            of,
            await (tokenizer ? tokenizerOf(tokenizer) : tokenizerOf(beside(bundle), tokenizerFiles(model))),
          );
    // The type of the result follows from the task's name, which TypeScript cannot see here.
    return Object.assign(run, {
      task,
      model,
      dispose: async () => model.dispose(),
    }) as unknown as Pipeline<TaskOf<T>>;
  } catch (error) {
    if (!isLoaded) model.dispose();
    throw error;
  }
}

function isModel(bundle: BundleSource | AnyModel): bundle is AnyModel {
  return typeof bundle === "object" && "run" in bundle && "dispose" in bundle;
}

async function load(bundle: BundleSource, worker: boolean, options: LoadOptions): Promise<AnyModel> {
  if (!worker) return loadModel(bundle, options);
  const { loadModel: loadInWorker } = await import("../worker.ts");
  return loadInWorker(bundle, options);
}

/** Loads the tokenizer beside a bundle. */
function beside(bundle: BundleSource | AnyModel): BundleSource {
  if (!isModel(bundle)) return bundle;
  throw new TexelflowError(
    "option",
    "pipeline: give the tokenizer, since a model that is loaded has no address.",
  );
}
