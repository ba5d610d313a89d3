import { make } from "../shared/make.js";
import { texts } from "../shared/texts.js";
import { taskOf } from "../texelflow.pipeline.js";
import { sampleSound } from "./sample.js";

/** @import { Model, SampleSound } from "../run/loading.js" */
/** @import { UseSource } from "./sound.js" */

const say = texts.sound;

/** Files that the page has in any case, by what they are called here. */
const FILES = /** @type {const} */ ({ page: "", style: "styles/base.css", drawing: "favicon.svg" });

/**
 * Buttons that let a visitor try a model without a sound or file of their own: sounds that came with the model, or one that the
 * page makes; of files, some of the page's.
 * @param {Model} model
 * @param {readonly SampleSound[]} sounds
 * @param {UseSource} use
 * @returns {HTMLElement[]} none where there is nothing to try
 */
export function sampleButtons(model, sounds, use) {
  const button = (/** @type {string} */ text, /** @type {() => void} */ click, id = "") =>
    make("button", { type: "button", class: "sample", id: id !== "" && id, click }, text);
  if (taskOf(model) === "file-classification") {
    return Object.entries(FILES).map(([name, address]) =>
      button(say.files[/** @type {keyof typeof FILES} */ (name)], () =>
        use(async (signal) => (await fetch(new URL(address, document.baseURI), { signal })).blob(), ""),
      ),
    );
  }
  const made = sampleSound(model);
  return [
    ...sounds.map((sound) =>
      button(say.play(sound.title), () =>
        use(async (signal) => hear(await brought(sound, signal), signal), say.playing),
      ),
    ),
    ...(made
      ? [
          button(
            say.playSample,
            () =>
              use(async (signal) => hear(bufferOf(made.samples, made.sampling_rate), signal), say.playing),
            "sound-sample",
          ),
        ]
      : []),
  ];
}

/**
 * Plays a sound while it is looked at, until something else is.
 * @param {AudioBuffer} sound
 * @param {AbortSignal} signal
 * @returns {AudioBuffer} the same
 */
function hear(sound, signal) {
  if (signal.aborted) {
    return sound;
  }
  const context = new AudioContext();
  const source = new AudioBufferSourceNode(context, { buffer: sound });
  source.connect(context.destination);
  source.addEventListener("ended", () => context.close());
  signal.addEventListener("abort", () => source.stop());
  source.start();
  return sound;
}

/**
 * The part of a file that is to be heard.
 * @param {SampleSound} sound
 * @param {AbortSignal} signal
 */
async function brought({ address, title, from, seconds }, signal) {
  const answer = await fetch(address, { signal });
  if (!answer.ok) {
    throw new Error(say.missing(title));
  }
  const context = new OfflineAudioContext(1, 1, RATE);
  const whole = (await context.decodeAudioData(await answer.arrayBuffer())).getChannelData(0);
  return bufferOf(whole.slice(from * RATE, (from + seconds) * RATE), RATE);
}

const RATE = 16_000;

/**
 * @param {Float32Array} samples
 * @param {number} sampleRate a second
 */
function bufferOf(samples, sampleRate) {
  const buffer = new AudioBuffer({ length: samples.length, sampleRate, numberOfChannels: 1 });
  buffer.getChannelData(0).set(samples);
  return buffer;
}
