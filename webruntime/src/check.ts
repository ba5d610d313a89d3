/**
 * Whether a model can run here, asked before anything large is downloaded.
 *
 * @module texelflow/check
 */

export { checkDevice, type DeviceCheck } from "./api/check_device.ts";
