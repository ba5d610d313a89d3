/** @import { Model } from "../run/loading.js" */

const RATE = 44100;
/** A broken chord and the whole of it, as MIDI counts: A3, C♯4, E4, A4. */
const CHORD = [57, 61, 64, 69];
/** Seconds of each tone; the chord sounds twice as long. */
const LENGTH = 0.6;
/** How loud the overtones are, the first being the tone itself. */
const OVERTONES = [1, 0.3, 0.12, 0.05];

/**
 * A sound that the page makes itself, for models that hear tones: so that there is something to try.
 * @param {Model} model
 * @returns {{ samples: Float32Array, sampling_rate: number } | null} null for a model that hears something else
 */
export function sampleSound({ outputs }) {
  const isOfNotes = outputs.some(({ role }) => role?.kind === "notes");
  const isOfPitch = outputs.some(({ role }) => role?.kind === "curve" && role.unit === "hertz");
  if (!isOfNotes && !isOfPitch) {
    return null;
  }
  const parts = [...CHORD.map((note) => [note]), ...(isOfNotes ? [CHORD] : [])];
  const sounds = parts.map((notes) => together(notes, notes.length > 1 ? 2 * LENGTH : LENGTH));
  const samples = new Float32Array(sounds.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const sound of sounds) {
    samples.set(sound, at);
    at += sound.length;
  }
  return { samples, sampling_rate: RATE };
}

/**
 * Tones that begin together, and fade.
 * @param {readonly number[]} notes as MIDI counts
 * @param {number} seconds
 */
function together(notes, seconds) {
  return Float32Array.from({ length: Math.round(seconds * RATE) }, (_, at) => {
    const time = at / RATE;
    // Neither the beginning nor the end clicks.
    const loud = Math.min(1, time / 0.01, (seconds - time) / 0.05) * Math.exp(-2 * time);
    const sum = notes.reduce((all, note) => all + tone(440 * 2 ** ((note - 69) / 12), time), 0);
    return (0.3 * loud * sum) / Math.sqrt(notes.length);
  });
}

/**
 * @param {number} hertz
 * @param {number} time in seconds
 */
function tone(hertz, time) {
  return OVERTONES.reduce((sum, loud, index) => {
    return sum + loud * Math.sin(2 * Math.PI * hertz * (index + 1) * time);
  }, 0);
}
