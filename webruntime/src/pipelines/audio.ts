import type { PageElement } from "../graph/pictures.ts";
import type { Tensor } from "../graph/tensor.ts";
import { best, type Classification, type ClassificationOptions, classScores } from "./classes.ts";
import { each } from "./each.ts";
import { microphone } from "./microphone.ts";
import { type SoundInput, type SoundOptions, SoundRunner, samplesOf, type WindowRun } from "./sound.ts";
import { lastOf, numbersOf, type TaskModel } from "./task_model.ts";

/** A sound that is there, or one that comes: of a microphone, or samples at the model's rate. */
export type SoundSource = SoundInput | PageElement<"MediaStream"> | AsyncIterable<Float32Array>;

/** What is asked for of a sound. */
export interface AudioClassificationOptions extends SoundOptions, ClassificationOptions {}

/** What a window of a sound is. */
export interface HeardWindow {
  /** Seconds from the beginning of the sound to that of the window. */
  readonly time: number;
  readonly results: readonly Classification[];
}

/** Numbers over the time of a sound. */
export interface Track {
  /** The name of the output, or its label. */
  readonly label: string;
  /** Seconds from the beginning of the sound, of each moment. */
  readonly times: Float64Array;
  /** A number for each moment, or of notes a row: each half a tone above the one before. */
  readonly values: Float32Array;
  readonly unit: "probability" | "hertz" | undefined;
  /** Of notes, the lowest, as MIDI counts. */
  readonly lowest?: number;
  /** The least probability that its makers take for a yes, where the bundle says it. */
  readonly threshold?: number;
}

/**
 * Says what is heard: of classes the mean over all windows of a sound; of a probability over time, such as that of a voice,
 * the highest.
 */
export function audioClassification(task: TaskModel) {
  const runner = new SoundRunner(task);
  const curves = task.outputs("curve").filter(({ role }) => role.unit !== "hertz");
  const isCurve = curves.length > 0;
  const { info } = isCurve ? (curves[0] as (typeof curves)[number]) : task.output("classes");
  const labels = isCurve && task.labelsOf(info).length === 0 ? [info.name] : task.labelsOf(info);
  const scoresOf = (outputs: Readonly<Record<string, Tensor>>) =>
    isCurve
      ? Float32Array.of(numbersOf(outputs, info).reduce((most, value) => Math.max(most, value), 0))
      : classScores(task, outputs);
  const stream = async function* (
    source: SoundSource,
    options: AudioClassificationOptions = {},
  ): AsyncGenerator<HeardWindow, void> {
    for await (const { outputs, time } of windowsOf(runner, source, options)) {
      yield { time, results: best(scoresOf(outputs), labels, options.top_k) };
    }
  };
  const classify = async (
    sound: SoundInput,
    options: AudioClassificationOptions = {},
  ): Promise<Classification[]> => {
    let all: Float32Array | undefined;
    let count = 0;
    for await (const { outputs } of windowsOf(runner, sound, options)) {
      const scores = scoresOf(outputs);
      all = all ? all.map((value, at) => together(value, scores[at] as number)) : scores.slice();
      count++;
    }
    const mean = all?.map((value) => (isCurve ? value : value / count)) ?? new Float32Array();
    return best(mean, labels, options.top_k);
  };
  const together = (a: number, b: number) => (isCurve ? Math.max(a, b) : a + b);
  return Object.assign(each(classify), { stream });
}

/** Follows a sound: how likely a voice is, how high a tone, which notes sound, moment by moment. */
export function audioTracking(task: TaskModel) {
  const runner = new SoundRunner(task);
  const tracks = tracksOf(task);
  if (tracks.length === 0) task.output("curve");
  const stream = async function* (
    source: SoundSource,
    options: SoundOptions = {},
  ): AsyncGenerator<Track[], void> {
    const smooth = tracks.map(({ role }) => smoother(role.kind === "curve" ? (role.mean ?? 1) : 1));
    for await (const run of windowsOf(runner, source, options)) {
      yield tracks.map((track, index) => {
        const part = trackOf(task, track, run, runner);
        return { ...part, values: (smooth[index] as ReturnType<typeof smoother>)(part.values) };
      });
    }
  };
  const follow = async (sound: SoundInput, options: SoundOptions = {}): Promise<Track[]> => {
    const samples = await samplesOf(sound, runner.rate, options);
    const { sampling_rate: _, ...rest } = options;
    const found: Track[][] = [];
    for await (const part of stream(samples, rest)) found.push(part);
    const end = samples.length / runner.rate;
    return tracks.map((_, index) => until(end, joinedTracks(found.map((part) => part[index] as Track))));
  };
  return Object.assign(each(follow), { stream });
}

async function* windowsOf(
  runner: SoundRunner,
  source: SoundSource,
  options: SoundOptions,
): AsyncGenerator<WindowRun, void> {
  try {
    yield* runner.stream(blocksOf(source, runner.rate, options), options, isStream(source));
  } catch (error) {
    // Who stops what still comes wants no more of it; of a sound that is there, half a result would be a wrong one.
    if (!(isStream(source) && options.signal?.aborted)) throw error;
  }
}

function isStream(source: SoundSource): source is PageElement<"MediaStream"> | AsyncIterable<Float32Array> {
  return typeof source === "object" && ("getTracks" in source || Symbol.asyncIterator in source);
}

async function* blocksOf(source: SoundSource, rate: number, options: SoundOptions) {
  if (!isStream(source)) yield await samplesOf(source, rate, options);
  else if ("getTracks" in source) yield* microphone(source, rate, options.signal);
  else yield* source;
}

type TrackOutput = ReturnType<typeof tracksOf>[number];

function tracksOf(task: TaskModel) {
  return [...task.outputs("curve"), ...task.outputs("notes")];
}

/** What an output tells of a window, without what the windows before and behind tell better. */
function trackOf(
  task: TaskModel,
  track: TrackOutput,
  { outputs, time }: WindowRun,
  runner: SoundRunner,
): Track {
  const { info, role } = track;
  const columns = role.kind === "notes" ? lastOf(outputs, info) : 1;
  const all = numbersOf(outputs, info);
  const moments = all.length / columns;
  const { window, overlap } = runner;
  const edge = window ? Math.round((moments * overlap) / window / 2) : 0;
  const scale = role.kind === "curve" ? (role.scale ?? 1) : 1;
  const values = all.slice(edge * columns, (moments - edge) * columns).map((value) => value * scale);
  const rate = role.rate ?? (window ? (moments / window) * runner.rate : 0);
  const first = time + ("offset" in role ? (role.offset ?? 0) : 0);
  const times = Float64Array.from(
    { length: values.length / columns },
    (_, at) => first + (rate > 0 ? at / rate : 0),
  );
  const label = task.labelsOf(info)[0] ?? (role.kind === "notes" ? role.part : info.name);
  if (role.kind === "notes") return { label, times, values, unit: "probability", lowest: role.lowest };
  const { threshold } = role;
  return { label, times, values, unit: role.unit, ...(threshold !== undefined && { threshold }) };
}

/** Takes the mean of so many numbers up to each, those of the parts before included. */
function smoother(count: number): (values: Float32Array) => Float32Array {
  const last: number[] = [];
  return (values) => {
    if (count === 1) return values;
    return values.map((value) => {
      last.push(value);
      if (last.length > count) last.shift();
      return last.reduce((sum, one) => sum + one, 0) / last.length;
    });
  };
}

function joinedTracks(parts: readonly Track[]): Track {
  const [first] = parts;
  if (!first) return { label: "", times: new Float64Array(), values: new Float32Array(), unit: undefined };
  const values = new Float32Array(parts.reduce((sum, part) => sum + part.values.length, 0));
  const times = new Float64Array(parts.reduce((sum, part) => sum + part.times.length, 0));
  let [value, time] = [0, 0];
  for (const part of parts) {
    values.set(part.values, value);
    times.set(part.times, time);
    value += part.values.length;
    time += part.times.length;
  }
  return { ...first, times, values };
}

/** A track without what is behind the end of the sound. */
function until(end: number, track: Track): Track {
  const count = track.times.findIndex((time) => time >= end);
  if (count < 0) return track;
  const columns = track.values.length / (track.times.length || 1);
  return { ...track, times: track.times.slice(0, count), values: track.values.slice(0, count * columns) };
}
