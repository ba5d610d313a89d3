import type { Profile } from "./profile.ts";

/** An event in Chrome's trace event format; times in microseconds. */
export interface TraceEvent {
  readonly name: string;
  readonly ph: "X" | "M";
  readonly pid: number;
  readonly tid: number;
  readonly ts: number;
  readonly dur?: number;
  readonly cat?: string;
  readonly args: Readonly<Record<string, unknown>>;
}

/**
 * A profile as a document that chrome://tracing and Perfetto open: the draws of one run, one after the other, each as
 * long as its median.
 *
 * @see https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU the format
 */
export function chromeTrace(profile: Profile, model: string): { traceEvents: TraceEvent[] } {
  const place = { pid: 1, tid: 1, ts: 0 };
  const traceEvents: TraceEvent[] = [
    { ...place, name: "process_name", ph: "M", args: { name: model } },
    { ...place, name: "thread_name", ph: "M", args: { name: `draws by ${profile.method}` } },
  ];
  let start = 0;
  for (const { node, program, milliseconds, ...args } of profile.draws) {
    const dur = milliseconds * 1000;
    traceEvents.push({
      ...place,
      name: node,
      ph: "X",
      ts: start,
      dur,
      cat: program,
      args: { program, ...args },
    });
    start += dur;
  }
  return { traceEvents };
}
