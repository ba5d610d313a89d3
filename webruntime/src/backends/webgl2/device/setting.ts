import type { PlanTensor } from "../../../bundle/generated/graph_file.ts";
import { kindOf } from "../../../graph/tensor.ts";
import type { TexelFormat } from "../gl/texture.ts";
import type { DeviceBlocking } from "../layout/layouts.ts";

/** The setting that programs are compiled for. */
export interface DeviceSetting extends DeviceBlocking {
  readonly fetch: "texture" | "texelFetch";
  readonly storage: 16 | 32;
  /** How what wants 32 bits is stored: in 16, too, where nothing can draw into textures of 32. */
  readonly precise: "float16" | "float32";
}

/** How a result is stored: integers in 32 bits, floats in the setting's bits, unless the tensor says otherwise. */
export function storageFormat(
  { dtype, storage }: Pick<PlanTensor, "dtype" | "storage">,
  setting: DeviceSetting,
): TexelFormat {
  if (kindOf(dtype) === "integer") return storage === "int8" ? "int8" : "int32";
  return setting.storage === 16 && !storage ? "float16" : setting.precise;
}
