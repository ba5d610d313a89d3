import type { DataType } from "../../../bundle/generated/graph_file.ts";
import { TexelflowError } from "../../../errors.ts";
import { kindOf, narrow, type TensorData } from "../../../graph/tensor.ts";
import type { TexelData, TexelFormat } from "../gl/texture.ts";
import { checkElements } from "../layout/layouts.ts";
import type { PlacedTensor } from "../run/draws.ts";

/** Uploads the parts of one weight in order, though they may arrive in any. */
export class WeightUpload {
  placed: PlacedTensor | null = null;
  private readonly early = new Map<number, TexelData>();
  private nextPart = 0;
  private uploadedTexels = 0;
  private elements = 0;
  /** Up to three elements that did not fill a texel. */
  private rest: TexelData | null = null;

  /**
   * @param parts - number of parts that make up the weight
   * @param what - names the weight in errors
   * @param place - gives the weight a texture of a format, once the first part tells which
   * @param row - elements of a row in the file, if those of the tensor are longer: they are filled up with zeros
   */
  constructor(
    private readonly parts: number,
    private readonly what: string,
    private readonly dtype: DataType,
    private readonly place: (format: TexelFormat) => PlacedTensor,
    private readonly row?: number,
  ) {}

  /**
   * Takes the elements of one part.
   *
   * @param stored - type of the elements in the file, which may differ from the tensor's
   * @returns the tensor when this completed it
   * @throws Error when the type or the number of elements does not fit the tensor
   */
  take(part: number, stored: DataType, data: TensorData): PlacedTensor | null {
    if (kindOf(stored) !== kindOf(this.dtype)) {
      throw new TexelflowError(
        "damaged",
        `${this.what} is stored as ${stored}, but ${this.dtype} is needed. Export the model again.`,
      );
    }
    this.early.set(part, texelData(stored, data, this.what));
    for (let next = this.early.get(this.nextPart); next; next = this.early.get(this.nextPart)) {
      this.early.delete(this.nextPart++);
      this.append(next);
    }
    return this.nextPart === this.parts ? this.complete() : null;
  }

  private append(stored: TexelData): void {
    this.placed ??= this.place(formatOf(stored));
    const { layout } = this.placed;
    const part = this.row ? filledUp(stored, this.row, layout.shape.at(-1) as number) : stored;
    this.elements += part.length;
    if (this.elements > layout.elements) checkElements(this.what, this.elements, layout);
    const data = this.rest ? joined(this.rest, part) : part;
    const texels = Math.floor(data.length / 4);
    this.write(texels, data);
    this.rest = data.length % 4 === 0 ? null : data.slice(texels * 4);
  }

  private complete(): PlacedTensor {
    const placed = this.placed as PlacedTensor;
    checkElements(this.what, this.elements, placed.layout);
    if (this.rest) {
      const padding = this.rest.slice(0, 1).fill(0);
      while (this.rest.length < 4) this.rest = joined(this.rest, padding);
      this.write(1, this.rest);
    }
    return placed;
  }

  private write(texels: number, data: TexelData): void {
    this.placed?.texture?.write(this.uploadedTexels, texels, this.placed.layout.width, data);
    this.uploadedTexels += texels;
  }
}

/** Elements as the GPU takes them: float16 stays bit patterns, int8 too, other floats become float32, integers int32. */
function texelData(stored: DataType, data: TensorData, what: string): TexelData {
  if (["float32", "float16", "int32", "int8"].includes(stored)) return data as TexelData;
  const target = kindOf(stored) === "float" ? new Float32Array(data.length) : new Int32Array(data.length);
  narrow(stored, data, target, what);
  return target;
}

function formatOf(data: TexelData): TexelFormat {
  if (data instanceof Int32Array) return "int32";
  if (data instanceof Int8Array) return "int8";
  return data instanceof Uint16Array ? "float16" : "float32";
}

/** Rows of so many elements, each with zeros up to `length`. */
function filledUp(data: TexelData, row: number, length: number): TexelData {
  const rows = Math.ceil(data.length / row);
  const filled = new (data.constructor as new (length: number) => TexelData)(rows * length);
  for (let index = 0; index < rows; index++) {
    filled.set(data.subarray(index * row, (index + 1) * row), index * length);
  }
  return filled;
}

function joined(first: TexelData, second: TexelData): TexelData {
  const both = new (first.constructor as new (length: number) => TexelData)(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}
