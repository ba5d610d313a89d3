import { tick } from "../../../wait/tasks.ts";
import type { Context } from "./context.ts";

/**
 * Resolves when the GPU has done all that was issued so far (or the context is lost), without blocking the page. By a
 * fence: asking for a query freezes the page in Firefox, and drivers make other machine code for draws that one counts.
 */
export async function gpuFinished(context: Context): Promise<void> {
  const { gl } = context;
  const fence = gl.fenceSync(gl.SYNC_GPU_COMMANDS_COMPLETE, 0);
  if (!fence) return;
  gl.flush();
  do {
    // No fence is told within the task that made it.
    await tick();
  } while (!context.isLost && gl.clientWaitSync(fence, 0, 0) === gl.TIMEOUT_EXPIRED);
  gl.deleteSync(fence);
}
