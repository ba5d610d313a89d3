import type { DataType } from "../bundle/generated/graph_file.ts";
import { TexelflowError } from "../errors.ts";
import type { DrawOptions, DrawTarget, GpuTensor } from "../graph/gpu_tensor.ts";
import { Tensor, type TensorData } from "../graph/tensor.ts";
import type { Connection } from "./connection.ts";
import type { SentHandle, SentTensor } from "./messages.ts";

/** An output that stays on the worker's GPU. */
export class WorkerTensor<D extends DataType = DataType> implements GpuTensor<D> {
  readonly dtype: D;
  readonly shape: readonly number[];

  constructor(
    private readonly connection: Connection,
    readonly name: string,
    readonly handle: SentHandle,
  ) {
    this.dtype = handle.dtype as D;
    this.shape = handle.shape;
  }

  get data(): never {
    throw new TexelflowError(
      "input",
      `Tensor "${this.name}" stayed on the GPU, as "keep" asked for: await its read() to have the elements.`,
    );
  }

  async read(): Promise<Tensor<D>> {
    const { gpu } = this.handle;
    return receivedTensor(await this.connection.ask({ request: { do: "read", gpu } })) as Tensor<D>;
  }

  async draw(canvas: DrawTarget, options: DrawOptions = {}): Promise<void> {
    const { gpu } = this.handle;
    const request = { do: "draw", gpu, options } as const;
    const bitmap = (await this.connection.ask({ request })) as ImageBitmap;
    const surface = canvas.getContext("2d") as CanvasRenderingContext2D | null;
    if (!surface) {
      throw new TexelflowError(
        "option",
        `Tensor "${this.name}" cannot be drawn: the canvas has a context other than 2d.`,
      );
    }
    if (canvas.width !== bitmap.width) canvas.width = bitmap.width;
    if (canvas.height !== bitmap.height) canvas.height = bitmap.height;
    surface.drawImage(bitmap, 0, 0);
    bitmap.close();
  }

  dispose(): void {
    const { gpu } = this.handle;
    // With the worker it is gone, too.
    this.connection.ask({ request: { do: "free", gpu } }).catch(() => {});
  }

  copyTo(): void {
    throw new TexelflowError(
      "input",
      `Tensor "${this.name}" is on the GPU of the worker: give it to models of the worker, or what read() resolves to.`,
    );
  }
}

/** The tensor that crossed. */
function receivedTensor(sent: unknown): Tensor {
  const { dtype, shape, data } = sent as SentTensor;
  return new Tensor(dtype, shape, data as TensorData);
}

/** The tensors that crossed, by name. */
export function receivedTensors(
  connection: Connection,
  sent: Readonly<Record<string, SentTensor | SentHandle>>,
): Record<string, Tensor | WorkerTensor> {
  const entries = Object.entries(sent).map(([name, tensor]) => [
    name,
    "gpu" in tensor ? new WorkerTensor(connection, name, tensor) : receivedTensor(tensor),
  ]);
  return Object.fromEntries(entries);
}
