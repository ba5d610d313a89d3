import { tick } from "../../../wait/tasks.ts";
import type { Context } from "./context.ts";

/** Times that a fence is asked for before another takes its place: Firefox warns of 100 and more. */
const MOST_QUESTIONS = 90;

/**
 * Resolves when the GPU has done all that was issued so far (or the context is lost), without blocking the page. By a
 * fence: asking for a query freezes the page in Firefox, and drivers make other machine code for draws that one counts.
 */
export async function gpuFinished(context: Context): Promise<void> {
  const { gl } = context;
  for (let isDone = false; !isDone; ) {
    const fence = gl.fenceSync(gl.SYNC_GPU_COMMANDS_COMPLETE, 0);
    if (!fence) return;
    // Here, not by a flag of each question, which in Firefox waits then.
    gl.flush();
    for (let asked = 0; !isDone && asked < MOST_QUESTIONS; asked++) {
      // No fence is told within the task that made it.
      await tick();
      isDone = context.isLost || gl.clientWaitSync(fence, 0, 0) !== gl.TIMEOUT_EXPIRED;
    }
    gl.deleteSync(fence);
  }
}
