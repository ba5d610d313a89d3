import { FOLDER } from "./entries.js";
import { texts } from "./texts.js";

/** @import { Entry } from "./entries.js" */
/** @import { Course } from "../run/loading.js" */
/** @typedef {{ doing?: string, fraction?: number, ready?: boolean, problem?: string }} Message */

/**
 * Sees to it that the bundles of an entry are there: the server of `make demo` fetches and exports them when it is asked; any
 * other has them, or has not.
 * @param {Entry} entry
 * @param {Course} course
 * @throws {Error} when they are not there, and what went wrong
 */
export async function bring({ name, title }, { signal, report }) {
  const folder = new URL(`models/${name}/`, FOLDER);
  const answer = await fetch(folder, { method: "POST", signal }).catch(() => null);
  if (!answer) {
    // Without network it may be among what the browser keeps.
    return;
  }
  const isOurs = answer.headers.get("Content-Type")?.startsWith("application/x-ndjson");
  if (!answer.ok || !isOurs || !answer.body) {
    const graph = await fetch(new URL("1/graph.json", folder), { method: "HEAD", signal });
    if (!graph.ok) {
      throw new Error(texts.missing(title));
    }
    return;
  }
  for await (const { doing, fraction = 0, ready, problem } of messagesOf(answer.body)) {
    if (problem !== undefined) {
      throw new Error(problem);
    }
    if (ready) {
      return;
    }
    report(doing ?? "", fraction);
  }
  throw new Error(texts.broken(title));
}

/**
 * @param {ReadableStream<Uint8Array<ArrayBuffer>>} body a line of JSON for each message
 * @returns {AsyncGenerator<Message>}
 */
async function* messagesOf(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { done, value = "" } = await reader.read();
    const lines = (rest + value).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      yield JSON.parse(line);
    }
    if (done) {
      return;
    }
  }
}
