import type { InputInfo } from "../api/model.ts";
import type { Sound } from "../bundle/generated/graph_file.ts";
import { MicroFrontend, resample } from "../ends.ts";
import { TexelflowError } from "../errors.ts";
import type { PageElement } from "../graph/pictures.ts";
import { Tensor } from "../graph/tensor.ts";
import { fetched } from "./pictures.ts";
import { runOf, type TaskModel, type TaskRunOptions } from "./task_model.ts";

/** A sound: an address, a file, a decoded AudioBuffer, or samples of one channel. */
export type SoundInput = string | URL | Blob | PageElement<"AudioBuffer"> | Float32Array;

/** Options of a run on a sound. */
export interface SoundOptions extends TaskRunOptions {
  /** Samples a second of a Float32Array. Default: those of the model. */
  readonly sampling_rate?: number | undefined;
}

/** The outputs of one run, and when its window began. */
export interface WindowRun {
  readonly outputs: Record<string, Tensor>;
  /** Seconds from the beginning of the sound. */
  readonly time: number;
}

/**
 * The samples of a sound at the rate of a model, as one channel: the mean of all channels.
 *
 * @throws TexelflowError with the code `network` or `not-found` when an address cannot be fetched, and with `input` when it
 *   is not a sound
 */
export async function samplesOf(
  sound: SoundInput,
  rate: number,
  options: SoundOptions,
): Promise<Float32Array> {
  if (sound instanceof Float32Array) {
    const { sampling_rate: own = rate } = options;
    if (!(Number.isInteger(own) && own > 0))
      throw new TexelflowError("option", `sampling_rate must be a whole number above 0, but is ${own}.`);
    return resample(sound, own, rate);
  }
  const isDecoded = typeof sound === "object" && "getChannelData" in sound;
  const buffer = isDecoded ? sound : await decoded(sound, options);
  const channels = Array.from({ length: buffer.numberOfChannels }, (_, index) =>
    buffer.getChannelData(index),
  );
  const mean = Float32Array.from(channels[0] as Float32Array, (_, at) => {
    return channels.reduce((sum, channel) => sum + (channel[at] as number), 0) / channels.length;
  });
  return resample(mean, buffer.sampleRate, rate);
}

async function decoded(sound: string | URL | Blob, { signal }: SoundOptions): Promise<AudioBuffer> {
  const source = sound instanceof Blob ? sound : await fetched(sound, signal);
  const content = await source.arrayBuffer();
  const rate = rateOf(content);
  try {
    // Decoded at its own rate if that is known, because browsers resample in different ways.
    return await new OfflineAudioContext(1, 1, rate).decodeAudioData(content);
  } catch (cause) {
    const name = sound instanceof Blob ? "The file" : String(sound);
    throw new TexelflowError("input", `${name} is no sound that this browser reads.`, { cause });
  }
}

/** The sampling rate of a WAVE file, which stores it at a fixed place; 48,000 for other files. */
function rateOf(content: ArrayBuffer): number {
  const view = new DataView(content);
  const isWave =
    content.byteLength > 28 && view.getUint32(0) === 0x52494646 && view.getUint32(12) === 0x666d7420;
  const rate = isWave ? view.getUint32(24, true) : 48000;
  return rate >= 8000 && rate <= 96000 ? rate : 48000;
}

/** The step of features of 8 bits, as microWakeWord's models have them. */
const MICRO_STEP = 26 / 255;

/** Runs a model on a sound, window after window. */
export class SoundRunner {
  readonly role: Sound;
  readonly info: InputInfo;

  constructor(private readonly task: TaskModel) {
    const { info, role } = task.input("sound");
    this.role = role;
    this.info = info;
    const { window, overlap } = this;
    if (window !== undefined && !(window > overlap)) {
      throw new TexelflowError(
        "option",
        `${task.task}: windows of "${info.name}" have ${window} new samples, but must have more than they share, ${overlap}. ` +
          "Export the model with a --meaning that fits, or give pipeline() roles.",
      );
    }
  }

  /** Samples a second. */
  get rate(): number {
    return this.role.rate;
  }

  /** New samples per run; undefined if a run takes a whole sound. */
  get window(): number | undefined {
    const { window, context = 0 } = this.role;
    const extent = this.info.shape.at(-1) === 1 ? this.info.shape.at(-2) : this.info.shape.at(-1);
    return window ?? (typeof extent === "number" ? extent - context : undefined);
  }

  /** Samples that a window has in common with the next. */
  get overlap(): number {
    return this.role.overlap ?? 0;
  }

  /**
   * Runs on the windows of samples as they come, the last filled up with zeros.
   *
   * @param blocks - of any length
   * @param isLive - whether they come by themselves: then `latest` leaves out windows for which another is there already,
   *   but for a model that remembers, which must hear all
   */
  async *stream(
    blocks: AsyncIterable<Float32Array>,
    { latest = false, ...options }: SoundOptions,
    isLive: boolean,
  ): AsyncGenerator<WindowRun, void> {
    const { window, overlap } = this;
    const session = this.task.model.states.length > 0 ? this.task.model.session() : undefined;
    // Its estimate of the noise belongs to this sound.
    const frontend = this.role.features ? new MicroFrontend() : undefined;
    const skipsLate = latest && isLive && !session && !frontend;
    const run = async (samples: Float32Array): Promise<Record<string, Tensor>> => {
      const given = this.task.read([this], { [this.info.name]: this.info }, () =>
        frontend ? this.features(frontend.process(samples)) : this.tensor(samples),
      );
      const inputs = { ...options.inputs, [this.info.name]: given };
      if (!session) return this.task.run(inputs, { ...options, latest: latest && !isLive });
      return runOf(session)(inputs, { signal: options.signal });
    };
    try {
      if (window === undefined) {
        const parts: Float32Array[] = [];
        for await (const block of blocks) parts.push(block);
        yield { outputs: await run(joined(parts)), time: 0 };
        return;
      }
      yield* this.windows(blocks, window, window - overlap, run, skipsLate);
    } finally {
      session?.dispose();
    }
  }

  private async *windows(
    blocks: AsyncIterable<Float32Array>,
    window: number,
    hop: number,
    run: (samples: Float32Array) => Promise<Record<string, Tensor>>,
    skipsLate: boolean,
  ): AsyncGenerator<WindowRun, void> {
    const { context = 0, rate } = this.role;
    // Half of what windows share is before the first, too, so that nothing of the sound is left out.
    let waiting: Float32Array = new Float32Array(context + this.overlap / 2);
    let start = 0;
    const goOn = (samples: number) => {
      waiting = waiting.slice(samples);
      start += samples;
    };
    const next = async (): Promise<WindowRun> => {
      const outputs = await run(waiting.slice(0, context + window));
      const time = start / rate;
      goOn(hop);
      return { outputs, time };
    };
    for await (const block of blocks) {
      waiting = joined([waiting, block]);
      if (skipsLate) goOn(hop * Math.max(0, Math.floor((waiting.length - context - window) / hop)));
      while (waiting.length >= context + window) yield await next();
    }
    for (let left = waiting.length - context - this.overlap / 2; left > 0; left -= hop) {
      waiting = joined([waiting, new Float32Array(Math.max(0, context + window - waiting.length))]);
      yield await next();
    }
  }

  private features(numbers: Float32Array): Tensor {
    const shape = [1, numbers.length / MicroFrontend.bands, MicroFrontend.bands];
    if (this.info.dtype !== "int8") return new Tensor("float32", shape, numbers);
    const steps = numbers.map((number) =>
      Math.max(-128, Math.min(127, Math.round(number / MICRO_STEP) - 128)),
    );
    return new Tensor("int8", shape, Int8Array.from(steps));
  }

  private tensor(samples: Float32Array): Tensor {
    const count = samples.length;
    let isPlaced = false;
    // The axis of the samples is the last that is not 1; the others are.
    const shape = [...this.info.shape]
      .reverse()
      .map((extent) => {
        if (isPlaced || (extent === 1 && count !== 1)) return 1;
        isPlaced = true;
        return count;
      })
      .reverse();
    return new Tensor("float32", shape, samples);
  }
}

/** Samples one after another. */
export function joined(parts: readonly Float32Array[]): Float32Array {
  const result = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    result.set(part, at);
    at += part.length;
  }
  return result;
}
