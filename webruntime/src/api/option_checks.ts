// Built as dist/texelflow.options.js, which is loaded only when a page sets `device` or `maxMemory`.

import type { DeviceOptions } from "../backends/webgl2/device/device.ts";
import { TexelflowError } from "../errors.ts";

/**
 * Checks the option `maxMemory`, in bytes.
 *
 * @throws TexelflowError unless it is a number above 0, or undefined
 */
export function checkMaxMemory(bytes: number | undefined): void {
  if (bytes === undefined || (typeof bytes === "number" && bytes > 0)) return;
  throw new TexelflowError(
    "option",
    `loadModel: maxMemory must be a number of bytes above 0, not ${String(bytes)}.`,
  );
}

/** The values that each device option may have. */
const CHOICES = new Map<string, readonly unknown[]>([
  ["pixels", [4, 1]],
  ["groups", [2, 1]],
  ["fetch", ["texture", "texelFetch"]],
  ["storage", [32, 16]],
]);

/**
 * Checks the option `device`.
 *
 * @throws TexelflowError when it has an unknown key or an invalid value
 */
export function checkDeviceOptions(device: DeviceOptions): void {
  const fail = (what: string) => {
    throw new TexelflowError("option", `loadModel: ${what}.`);
  };
  if (Object(device) !== device) fail(`the option device must be an object, not ${device}`);
  for (const [name, value] of Object.entries(device)) {
    const choices = CHOICES.get(name);
    if (!choices) fail(`the device has no option ${name}, only ${[...CHOICES.keys()].join(", ")}`);
    else if (value !== undefined && !choices.includes(value)) {
      fail(`the device's option ${name} must be ${choices.join(" or ")}, not ${String(value)}`);
    }
  }
  if (device.pixels === 1 && device.groups === 2) fail("the device's groups must be 1 where pixels is 1");
}
