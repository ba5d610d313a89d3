import { colours } from "../shared/canvas_colours.js";

/** @import { Track } from "../texelflow.pipeline.js" */

/** Height of a curve, and of a half tone, in pixels of the page. */
const CURVE = 120;
const HALF_TONE = 3;
/** Hertz that a curve of pitch shows, from the lowest man to the highest child. */
const LOWEST = 50;
const HIGHEST = 2000;

/**
 * Draws numbers over time: a probability as a filled curve, a pitch as a line on a scale of half tones, notes as a piano roll.
 * @param {HTMLCanvasElement} canvas
 * @param {Track} track
 * @param {{ from: number, to: number }} span seconds that are shown
 * @param {Track | undefined} sure the probability that there is a pitch at all
 */
export function drawTrack(canvas, track, { from, to }, sure) {
  const rows = track.lowest === undefined ? 0 : track.values.length / (track.times.length || 1);
  const width = canvas.clientWidth || 600;
  const height = rows > 0 ? rows * HALF_TONE : CURVE;
  const scale = devicePixelRatio;
  [canvas.width, canvas.height] = [Math.round(width * scale), Math.round(height * scale)];
  canvas.style.height = `${height}px`;
  const context = canvas.getContext("2d");
  if (!context) {
    return;
  }
  context.scale(scale, scale);
  const across = (/** @type {number} */ time) => ((time - from) / (to - from || 1)) * width;
  if (rows > 0) {
    drawNotes(context, track, rows, across, height);
  } else if (track.unit === "hertz") {
    drawPitch(context, track, across, height, sure);
  } else {
    drawShare(context, track, across, height);
  }
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Track} track
 * @param {(time: number) => number} across
 * @param {number} height
 */
function drawShare(context, { times, values, threshold = 0.5 }, across, height) {
  const { accent, line } = colours();
  context.strokeStyle = line;
  context.setLineDash([4, 4]);
  context.strokeRect(-1, height * (1 - threshold), context.canvas.width, height);
  context.setLineDash([]);
  context.fillStyle = accent;
  context.beginPath();
  context.moveTo(across(times[0] ?? 0), height);
  values.forEach((value, index) => {
    context.lineTo(across(times[index]), height * (1 - value));
  });
  context.lineTo(across(times.at(-1) ?? 0), height);
  context.fill();
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Track} track
 * @param {(time: number) => number} across
 * @param {number} height
 * @param {Track | undefined} sure
 */
function drawPitch(context, { times, values }, across, height, sure) {
  const { accent, line, quiet } = colours();
  const down = (/** @type {number} */ hertz) =>
    height * (1 - Math.log(hertz / LOWEST) / Math.log(HIGHEST / LOWEST));
  context.fillStyle = quiet;
  context.strokeStyle = line;
  context.font = "11px sans-serif";
  for (const hertz of [110, 220, 440, 880]) {
    context.globalAlpha = 0.4;
    context.fillRect(0, down(hertz), context.canvas.width, 1);
    context.globalAlpha = 1;
    context.fillText(`${hertz} Hz`, 4, down(hertz) - 3);
  }
  context.fillStyle = accent;
  values.forEach((hertz, index) => {
    const share = sure?.values[index] ?? 1;
    if (share >= 0.5) {
      context.fillRect(across(times[index]) - 1, down(hertz) - 1.5, 3, 3);
    }
  });
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Track} track
 * @param {number} rows
 * @param {(time: number) => number} across
 * @param {number} height
 */
function drawNotes(context, { times, values }, rows, across, height) {
  const { accent, well } = colours();
  context.fillStyle = well;
  context.fillRect(0, 0, context.canvas.width, height);
  context.fillStyle = accent;
  const step = across(times[1] ?? 0) - across(times[0] ?? 0);
  times.forEach((time, index) => {
    for (let row = 0; row < rows; row += 1) {
      const value = values[index * rows + row];
      if (value >= 0.3) {
        context.globalAlpha = value;
        context.fillRect(across(time), height - (row + 1) * HALF_TONE, step + 0.5, HALF_TONE);
      }
    }
  });
  context.globalAlpha = 1;
}

/**
 * What is behind, at the end of what was there; of the whole the last seconds.
 * @param {Track | undefined} before
 * @param {Track} part
 * @param {number} seconds
 * @returns {Track}
 */
export function longer(before, part, seconds) {
  if (!before) {
    return part;
  }
  const columns = part.values.length / (part.times.length || 1);
  const times = Float64Array.from([...before.times, ...part.times]);
  const first = times.findIndex((time) => time >= (times.at(-1) ?? 0) - seconds);
  const values = Float32Array.from([...before.values, ...part.values]);
  return { ...part, times: times.slice(first), values: values.slice(first * columns) };
}

/**
 * One sentence about a track.
 * @param {Track} track
 * @param {Track | undefined} sure
 * @returns {{ share: number, middle: number }} the share of moments that are a yes, and the middle pitch of these or NaN
 */
export function summary(track, sure) {
  const count = track.times.length || 1;
  const columns = track.values.length / count;
  const isYes = (/** @type {number} */ index) => {
    if (track.unit === "hertz") {
      return (sure?.values[index] ?? 1) >= 0.5;
    }
    return track.values
      .subarray(index * columns, (index + 1) * columns)
      .some((value) => value >= (track.threshold ?? 0.5));
  };
  const yes = Array.from({ length: track.times.length }, (_, index) => index).filter(isYes);
  const pitches = track.unit === "hertz" ? yes.map((index) => track.values[index]).sort((a, b) => a - b) : [];
  return { share: yes.length / count, middle: pitches[Math.floor(pitches.length / 2)] ?? Number.NaN };
}

/** Seconds that a note sounds at least, to be told. */
const SHORTEST = 0.1;

/**
 * The notes that sound for a while, in the order in which they begin, each once.
 * @param {Track} track
 * @returns {number[]} as MIDI counts
 */
export function notesOf({ times, values, lowest = 0 }) {
  const rows = values.length / (times.length || 1);
  /** @type {Set<number>} */
  const found = new Set();
  const since = new Float64Array(rows).fill(Number.NaN);
  times.forEach((time, index) => {
    for (let row = 0; row < rows; row += 1) {
      const sounds = values[index * rows + row] >= 0.5;
      since[row] = sounds ? (Number.isNaN(since[row]) ? time : since[row]) : Number.NaN;
      if (time - since[row] >= SHORTEST) {
        found.add(lowest + row);
      }
    }
  });
  return [...found];
}
