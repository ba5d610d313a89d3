/** Milliseconds of work after which the page gets a chance to draw and to answer its visitor. */
const LONGEST_TASK = 24;

let lastBreath = 0;

/** Lets the page do what it is waiting to do, if it had no chance to for a while. */
export async function breathe(): Promise<void> {
  if (performance.now() - lastBreath < LONGEST_TASK) return;
  await nextTask();
  lastBreath = performance.now();
}

/** Resolves after so many milliseconds. The timer is begun by a message, because nested timers wait 4 ms or more. */
export async function pause(milliseconds: number): Promise<void> {
  await nextTask();
  await new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** Resolves in a later task, after about so many milliseconds where somebody sees the page. */
export async function tick(milliseconds = 1): Promise<void> {
  if (isHidden()) await nextTask();
  else await new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** Whether nobody sees the page: browsers then let its timers wait for a second, and blocking it harms nobody. */
export function isHidden(): boolean {
  return typeof document !== "undefined" && document.visibilityState === "hidden";
}

/** Resolves in a task of its own. By a message, because nested timers wait 4 ms, and those of hidden pages a second. */
function nextTask(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}
