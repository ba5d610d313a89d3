import { TexelflowError } from "../errors.ts";
import type { PageElement } from "../graph/pictures.ts";
import { joined } from "./sound.ts";

/**
 * The samples of a microphone or any other stream while they arrive, mixed to one channel.
 *
 * @param stream - from `getUserMedia`, for example; it is not stopped
 * @param rate - samples a second
 * @param signal - ends it when aborted
 * @throws TexelflowError with the code `option` where the browser cannot resample the stream, and with `network` when
 *   texelflow.recorder.js is not beside this file
 */
export async function* microphone(
  stream: PageElement<"MediaStream">,
  rate: number,
  signal?: AbortSignal,
): AsyncGenerator<Float32Array, void> {
  const context = new AudioContext({ sampleRate: rate });
  const waiting: Float32Array[] = [];
  let wake: () => void = () => {};
  const stop = () => wake();
  try {
    const recorder = await recorderIn(context);
    recorder.port.onmessage = ({ data }: MessageEvent<Float32Array>) => {
      waiting.push(data);
      wake();
    };
    signal?.addEventListener("abort", stop);
    for (const track of stream.getTracks()) track.addEventListener("ended", stop);
    sourceOf(context, stream).connect(recorder);
    await context.resume();
    while (!signal?.aborted && stream.active) {
      // Everything that has arrived since, so that the consumer sees how late it is.
      if (waiting.length > 0) yield joined(waiting.splice(0));
      else await new Promise<void>((resolve) => (wake = resolve));
    }
  } finally {
    signal?.removeEventListener("abort", stop);
    for (const track of stream.getTracks()) track.removeEventListener("ended", stop);
    await context.close();
  }
}

function sourceOf(context: AudioContext, stream: MediaStream): AudioNode {
  try {
    return context.createMediaStreamSource(stream);
  } catch (cause) {
    const rate = `${context.sampleRate} samples a second`;
    throw new TexelflowError("option", `This browser cannot bring the stream to ${rate} (${cause}).`, {
      cause,
    });
  }
}

async function recorderIn(context: AudioContext): Promise<AudioWorkletNode> {
  const file = new URL("./texelflow.recorder.js", import.meta.url);
  try {
    await context.audioWorklet.addModule(file);
  } catch (cause) {
    throw new TexelflowError("network", `${file.href} could not be fetched: put it beside the runtime.`, {
      file: file.href,
      cause,
    });
  }
  return new AudioWorkletNode(context, "texelflow-recorder", {
    numberOfOutputs: 0,
    channelCount: 1,
    channelCountMode: "explicit",
  });
}
