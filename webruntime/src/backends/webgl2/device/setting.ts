import type { DataType } from "../../../bundle/generated/graph_file.ts";
import { kindOf } from "../../../graph/tensor.ts";
import type { TexelFormat } from "../gl/texture.ts";
import type { DeviceBlocking } from "../layout/layouts.ts";

/** The setting that programs are compiled for. */
export interface DeviceSetting extends DeviceBlocking {
  readonly fetch: "texture" | "texelFetch";
  readonly storage: 16 | 32;
}

/** How a result of a type is stored: integers in 32 bits always, floats in the setting's bits unless `precise`. */
export function storageFormat(dtype: DataType, setting: DeviceSetting, precise: boolean): TexelFormat {
  if (kindOf(dtype) === "integer") return "int32";
  return setting.storage === 16 && !precise ? "float16" : "float32";
}
