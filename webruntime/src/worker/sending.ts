import { TexelflowError } from "../errors.ts";
import type { RunInput } from "../graph/inputs.ts";
import { asPictures, type CroppedPicture, type ImageSource, type Picture } from "../graph/pictures.ts";
import type { Tensor } from "../graph/tensor.ts";
import type { Sent, SentInput, SentTensor } from "./messages.ts";
import { WorkerTensor } from "./worker_tensor.ts";

/** Inputs as they cross to the worker, and what of them is handed over. */
interface SentInputs {
  readonly inputs: Sent<SentInput>;
  readonly transfer: readonly Transferable[];
}

/**
 * Makes inputs ready to cross: tensors are copied, of pictures what they show now is taken.
 *
 * @throws TexelflowError with the code `input` when a picture has no pixels, or a tensor is on the page's own GPU
 */
export async function sendInputs(given: Readonly<Record<string, unknown>>): Promise<SentInputs> {
  const transfer: Transferable[] = [];
  const entries = Object.entries(given ?? {}).map(async ([name, value]) => {
    return [name, await sendInput(`Input "${name}"`, value as RunInput, transfer)] as const;
  });
  return { inputs: Object.fromEntries(await Promise.all(entries)), transfer };
}

async function sendInput(what: string, value: RunInput, transfer: Transferable[]): Promise<SentInput> {
  if (value instanceof WorkerTensor) return value.handle;
  const pictures = asPictures(value, what);
  if (pictures) {
    const sent = await Promise.all(pictures.map((picture) => sendPicture(picture, transfer)));
    return Array.isArray(value) ? sent : (sent[0] as ImageSource | CroppedPicture);
  }
  if (value instanceof Object && "copyTo" in value) {
    throw new TexelflowError(
      "input",
      `${what}: a tensor that stays on the page's GPU cannot cross to the worker: give what read() resolves to.`,
    );
  }
  return value instanceof Object && "data" in value ? sendTensor(value as Tensor) : value;
}

/** A tensor as it crosses: of a view of a larger buffer, only what it shows. */
export function sendTensor({ dtype, shape, data }: Tensor): SentTensor {
  const isPart = data?.byteLength < data?.buffer?.byteLength;
  return { dtype, shape, data: isPart ? data.slice() : data };
}

/** A picture as it crosses: elements of the page cannot, and a VideoFrame may be closed before it is looked at. */
async function sendPicture(
  { source, part }: Picture,
  transfer: Transferable[],
): Promise<ImageSource | CroppedPicture> {
  const kind = Object.prototype.toString.call(source).slice(8, -1);
  const crop = { ...part };
  if (kind === "ImageData" || kind === "ImageBitmap") return { source, crop };
  if (kind === "VideoFrame") {
    const frame = (source as VideoFrame).clone();
    transfer.push(frame);
    return { source: frame, crop };
  }
  const bitmap = await createImageBitmap(source, part.x, part.y, part.width, part.height);
  transfer.push(bitmap);
  return bitmap;
}
