import { type Area, placement, type Size } from "../ends.ts";
import { TexelflowError } from "../errors.ts";
import type { CroppedPicture, ImageSource } from "../graph/pictures.ts";
import type { Tensor } from "../graph/tensor.ts";
import type { TaskModel, TaskRunOptions } from "./task_model.ts";

/** A picture: an address, a file, or whatever `run` accepts. */
export type PictureInput = string | URL | Blob | ImageSource | CroppedPicture;

/** The outputs for a picture, and where the model's input lies on it. */
export interface PictureRun {
  readonly outputs: Record<string, Tensor>;
  /** Where the model's picture lies, in pixels of the visitor's. */
  readonly area: Area;
  /** The visitor's picture. */
  readonly picture: Size;
  /** The model's picture. */
  readonly size: Size;
}

/**
 * Runs a model on a picture.
 *
 * @throws TexelflowError with the code `network` or `not-found` when an address cannot be fetched, and with `input` when it
 *   is not a picture
 */
export async function runPicture(
  task: TaskModel,
  given: PictureInput,
  options: TaskRunOptions,
): Promise<PictureRun> {
  const { name, image } = task.picture();
  const isOwn = given instanceof Blob || given instanceof URL || typeof given === "string";
  const source = isOwn ? await decoded(given, options.signal) : given;
  try {
    const picture = sizeOf(source);
    const outputs = await task.run({ [name]: source }, options);
    // Free sizes follow the size of the picture.
    const size = {
      width: typeof image.width === "number" ? image.width : picture.width,
      height: typeof image.height === "number" ? image.height : picture.height,
    };
    return { outputs, picture, size, area: placement(image, picture, size) };
  } finally {
    if (isOwn) (source as ImageBitmap).close();
  }
}

async function decoded(given: string | URL | Blob, signal: AbortSignal | undefined): Promise<ImageBitmap> {
  const blob = given instanceof Blob ? given : await (await fetched(given, signal)).blob();
  try {
    return await createImageBitmap(blob);
  } catch (cause) {
    const name = given instanceof Blob ? "The file" : String(given);
    throw new TexelflowError("input", `${name} is no picture that this browser reads.`, { cause });
  }
}

/** Fetches what a visitor or a page named. */
export async function fetched(url: string | URL, signal?: AbortSignal): Promise<Response> {
  const file = String(url);
  const response = await fetch(url, signal ? { signal } : {}).catch((cause: unknown) => {
    if (signal?.aborted) throw cause;
    throw new TexelflowError("network", `${file} cannot be fetched (${cause}).`, { file, cause });
  });
  if (response.ok) return response;
  throw new TexelflowError(
    "not-found",
    `${file} cannot be fetched: the server answered ${response.status}.`,
    {
      file,
    },
  );
}

/** The size of a picture in pixels, as the runtime takes it. */
function sizeOf(picture: ImageSource | CroppedPicture): Size {
  if ("crop" in picture) return picture.crop;
  // Each kind of picture names its size otherwise, and has none of the other names.
  const properties = picture as unknown as Readonly<Record<string, number | undefined>>;
  const side = (name: string) =>
    properties[`natural${name}`] ??
    properties[`video${name}`] ??
    properties[`display${name}`] ??
    properties[name.toLowerCase()] ??
    0;
  return { width: side("Width"), height: side("Height") };
}
