import type { PageElement } from "../graph/pictures.ts";
import type { Tensor } from "../graph/tensor.ts";
import { best, type Classification, type ClassificationOptions, classScores } from "./classes.ts";
import { each } from "./each.ts";
import { microphone } from "./microphone.ts";
import { type SoundInput, type SoundOptions, SoundRunner, samplesOf, type WindowRun } from "./sound.ts";
import { lastOf, numbersOf, type TaskModel } from "./task_model.ts";

/** A complete sound, or a live one: from a microphone, or samples at the model's rate. */
export type SoundSource = SoundInput | PageElement<"MediaStream"> | AsyncIterable<Float32Array>;

/** Options of an audio task. */
export interface AudioClassificationOptions extends SoundOptions, ClassificationOptions {}

/** The classes of one window of a sound. */
export interface HeardWindow {
  /** Seconds from the beginning of the sound to that of the window. */
  readonly time: number;
  readonly results: readonly Classification[];
}

/** Values over the time of a sound. */
export interface Track {
  /** The name of the output, or its label. */
  readonly label: string;
  /** For each moment, the seconds from the beginning of the sound. */
  readonly times: Float64Array;
  /** One value for each moment; for notes, one row for each moment, in steps of a semitone. */
  readonly values: Float32Array;
  readonly unit: "probability" | "hertz" | undefined;
  /** For notes, the MIDI number of the lowest. */
  readonly lowest?: number;
  /** The probability from which on the model's makers count it as a yes, if the bundle says it. */
  readonly threshold?: number;
}

/**
 * Classifies sounds: for classes, the mean of the scores over all windows; for a probability over time, such as that of
 * speech, its maximum.
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

/** Analyses a sound moment by moment: the probability of speech, the pitch, or the notes. */
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
    // Stopping a live sound ends it normally; half a result for a complete sound would be wrong.
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

/** The values of an output for a window, without those at its ends, which neighbouring windows know better. */
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

/** A running mean over the last so many numbers, continued from the parts before. */
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

/** A track without the part after the end of the sound. */
function until(end: number, track: Track): Track {
  const count = track.times.findIndex((time) => time >= end);
  if (count < 0) return track;
  const columns = track.values.length / (track.times.length || 1);
  return { ...track, times: track.times.slice(0, count), values: track.values.slice(0, count * columns) };
}
