// What the worker does: the runtime's own models, asked by messages.

import { loadModel } from "../api/load_model.ts";
import { Model } from "../api/model.ts";
import { TexelflowError } from "../errors.ts";
import { type GpuTensor, isGpuTensor } from "../graph/gpu_tensor.ts";
import type { RunInput } from "../graph/inputs.ts";
import { Tensor } from "../graph/tensor.ts";
import type {
  ChangingFacts,
  Request,
  Runner,
  Sent,
  SentError,
  SentHandle,
  SentInput,
  SentResponse,
  SentTensor,
  ToPage,
  ToWorker,
} from "./messages.ts";

/** The worker's own side, which the types of pages do not have. */
const port = globalThis as unknown as {
  postMessage(message: ToPage, transfer: Transferable[]): void;
  addEventListener(type: "message", listener: (event: MessageEvent<ToWorker>) => void): void;
};

const runners = new Map<number, Runner>();
const tensors = new Map<number, GpuTensor>();
const controllers = new Map<number, AbortController>();
const fetching = new Map<number, { resolve(response: Response): void; reject(error: Error): void }>();
let numbers = 0;

/** Answers the page from now on. */
export function serve(): void {
  port.addEventListener("message", ({ data }) => {
    if ("fetched" in data) settleFetch(data.fetched, data.answer);
    else if ("abort" in data) controllers.get(data.id)?.abort();
    else void answer(data.id, data.request);
  });
}

async function answer(id: number, request: Request): Promise<void> {
  const controller = new AbortController();
  controllers.set(id, controller);
  try {
    const transfer: Transferable[] = [];
    const value = await perform(id, request, controller.signal, transfer);
    port.postMessage({ id, value, ...factsOf(request) }, transfer);
  } catch (error) {
    port.postMessage({ id, error: sentError(error) }, []);
  } finally {
    controllers.delete(id);
  }
}

async function perform(
  id: number,
  request: Request,
  signal: AbortSignal,
  transfer: Transferable[],
): Promise<unknown> {
  switch (request.do) {
    case "load": {
      const model = await loadModel(request.source, {
        ...request.options,
        signal,
        onProgress: (progress) => port.postMessage({ id, progress }, []),
        ...(request.asksPage && { fetch: (url, options) => askPage(id, url, options) }),
      });
      runners.set(request.runner, model);
      const { name, inputs, outputs, states, labels } = model;
      return { name, inputs, outputs, states, labels };
    }
    case "run": {
      const runner = runnerOf(request.runner);
      const outputs = await runner.run(received(request.inputs), { ...request.options, signal } as object);
      return sentTensors(outputs, transfer);
    }
    case "profile":
      return modelOf(request.runner).profile(received(request.inputs), request.options);
    case "session":
      runners.set(request.session, modelOf(request.runner).session());
      return;
    case "loaded":
      return modelOf(request.runner).loaded;
    case "reset":
      return runnerOf(request.runner).reset();
    case "save": {
      const session = runnerOf(request.runner);
      return session instanceof Model ? undefined : sentTensors(await session.save(), transfer);
    }
    case "restore": {
      const session = runnerOf(request.runner);
      return session instanceof Model ? undefined : session.restore(tensorsOf(request.states));
    }
    case "dispose":
      runners.get(request.runner)?.dispose();
      return;
    case "read":
      return sentTensor(await tensorOf(request.gpu).read(), transfer);
    case "free":
      tensors.get(request.gpu)?.dispose();
      tensors.delete(request.gpu);
      return;
    case "draw": {
      const canvas = new OffscreenCanvas(1, 1);
      await tensorOf(request.gpu).draw(canvas, request.options);
      const bitmap = canvas.transferToImageBitmap();
      transfer.push(bitmap);
      return bitmap;
    }
  }
}

function runnerOf(number: number): Runner {
  const runner = runners.get(number);
  if (!runner) throw new TexelflowError("disposed", "The model was disposed.");
  return runner;
}

function modelOf(number: number): Model {
  return runnerOf(number) as Model;
}

function tensorOf(number: number): GpuTensor {
  const tensor = tensors.get(number);
  if (!tensor) throw new TexelflowError("disposed", "The tensor was disposed.");
  return tensor;
}

function factsOf(request: Request): { facts?: ChangingFacts } {
  const runner = "runner" in request ? runners.get(request.runner) : undefined;
  return runner instanceof Model ? { facts: { device: runner.device, timings: runner.timings } } : {};
}

function received(inputs: Sent<SentInput>): Record<string, RunInput> {
  const entries = Object.entries(inputs).map(([name, value]) => {
    const { gpu } = value as Partial<SentHandle>;
    return [name, gpu === undefined ? value : tensorOf(gpu)];
  });
  return Object.fromEntries(entries);
}

function tensorsOf(states: Sent<SentTensor>): Record<string, Tensor> {
  const entries = Object.entries(states).map(([name, { dtype, shape, data }]) => [
    name,
    new Tensor(dtype, shape, data),
  ]);
  return Object.fromEntries(entries);
}

function sentTensors(
  outputs: Readonly<Record<string, Tensor | GpuTensor>>,
  transfer: Transferable[],
): Record<string, SentTensor | SentHandle> {
  const entries = Object.entries(outputs).map(([name, tensor]) => [name, sentTensor(tensor, transfer)]);
  return Object.fromEntries(entries);
}

/** What crosses for a tensor: elements that nobody here needs any more, or a number. */
function sentTensor(tensor: Tensor | GpuTensor, transfer: Transferable[]): SentTensor | SentHandle {
  const { dtype, shape } = tensor;
  if (isGpuTensor(tensor)) {
    const gpu = ++numbers;
    tensors.set(gpu, tensor);
    return { gpu, dtype, shape };
  }
  transfer.push(tensor.data.buffer as ArrayBuffer);
  return { dtype, shape, data: tensor.data };
}

function askPage(id: number, url: string, { cache, headers }: RequestInit): Promise<Response> {
  const number = ++numbers;
  return new Promise((resolve, reject) => {
    fetching.set(number, { resolve, reject });
    const init = { ...(cache && { cache }), ...(headers && { headers }) };
    port.postMessage({ id, fetch: number, url, init }, []);
  });
}

function settleFetch(number: number, answered: SentResponse | SentError): void {
  const { resolve, reject } = fetching.get(number) ?? {};
  fetching.delete(number);
  if ("message" in answered) {
    reject?.(new Error(answered.message));
    return;
  }
  const { status, statusText, headers, body } = answered;
  const hasBody = ![204, 205, 304].includes(status);
  resolve?.(
    new Response(hasBody ? body : null, { status, statusText, headers: headers as [string, string][] }),
  );
}

function sentError(error: unknown): SentError {
  if (error instanceof TexelflowError) {
    const { name, message, code, file, input } = error;
    return { name, message, code, file, input };
  }
  return {
    name: error instanceof Error ? error.name : "Error",
    message: String((error as Error)?.message ?? error),
  };
}
