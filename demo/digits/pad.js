import { onThemeChange, themeColour } from "../shared/page.js";
import { drawStrokes, SIDE } from "./strokes.js";

/** @import { Point, Stroke } from "./strokes.js" */

/** Width of the pen in fractions of the pad's side. */
const PEN = 0.065;
/** How far an arrow key moves the pen, in fractions of the pad's side. */
const STEP = 0.04;

/** @type {Readonly<Record<string, readonly [number, number]>>} */
const DIRECTIONS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/** A square canvas to draw on with pointer or keyboard. */
export class Pad {
  /** @type {Stroke[]} */
  strokes = [];
  /** @type {Float32Array | null} a sample shown instead of strokes, SIDE × SIDE values from 0 to 1 */
  sample = null;

  /** @type {HTMLCanvasElement} */
  #canvas;
  /** @type {() => void} */
  #changed;
  /** @type {number | null} the pointer that is drawing; others (a palm, a second finger) are ignored */
  #pointer = null;
  /** @type {Point} */
  #pen = { x: 0.5, y: 0.5 };
  #penDown = false;
  #penShown = false;
  /** @type {Set<string>} */
  #arrows = new Set();

  /**
   * @param {HTMLCanvasElement} canvas
   * @param {() => void} changed called after every change of the drawing
   */
  constructor(canvas, changed) {
    this.#canvas = canvas;
    this.#changed = changed;
    canvas.addEventListener("pointerdown", (event) => this.#begin(event));
    canvas.addEventListener("pointermove", (event) => this.#extend(event));
    for (const name of /** @type {const} */ (["pointerup", "pointercancel", "lostpointercapture"])) {
      canvas.addEventListener(name, (event) => this.#end(event));
    }
    canvas.addEventListener("keydown", (event) => this.#keyDown(event));
    canvas.addEventListener("keyup", (event) => this.#arrows.delete(event.key));
    canvas.addEventListener("blur", () => this.#hidePen());
    new ResizeObserver(() => this.#draw()).observe(canvas);
    onThemeChange(() => this.#draw());
  }

  /** Whether there is neither a stroke nor a sample. */
  get empty() {
    return this.strokes.length === 0 && this.sample === null;
  }

  /** Removes everything drawn. */
  clear() {
    this.strokes = [];
    this.sample = null;
    this.#pointer = null;
    this.#penDown = false;
    this.#update();
  }

  /** @param {Float32Array} image SIDE × SIDE values from 0 to 1, shown as pixels instead of strokes */
  showSample(image) {
    this.strokes = [];
    this.sample = image;
    this.#penDown = false;
    this.#update();
  }

  #update() {
    this.#draw();
    this.#changed();
  }

  /**
   * @param {PointerEvent} event
   * @returns {Point}
   */
  #position(event) {
    const box = this.#canvas.getBoundingClientRect();
    return { x: (event.clientX - box.left) / box.width, y: (event.clientY - box.top) / box.height };
  }

  /** @param {PointerEvent} event */
  #begin(event) {
    if (this.#pointer !== null || event.button !== 0) {
      return;
    }
    this.#pointer = event.pointerId;
    this.#canvas.setPointerCapture(event.pointerId);
    this.#penShown = false;
    this.#penDown = false;
    this.sample = null;
    this.strokes.push([this.#position(event)]);
    this.#update();
  }

  /** @param {PointerEvent} event */
  #extend(event) {
    const stroke = this.strokes.at(-1);
    if (event.pointerId !== this.#pointer || !stroke) {
      return;
    }
    const passed = event.getCoalescedEvents?.() ?? [];
    for (const part of passed.length > 0 ? passed : [event]) {
      stroke.push(this.#position(part));
    }
    this.#update();
  }

  /** @param {PointerEvent} event */
  #end(event) {
    if (event.pointerId === this.#pointer) {
      this.#pointer = null;
    }
  }

  /** @param {KeyboardEvent} event */
  #keyDown(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) {
      return;
    }
    if (event.key === "Delete" || event.key === "Backspace") {
      this.clear();
    } else if (event.key === " ") {
      this.#penDown = !this.#penDown;
      this.#penShown = true;
      if (this.#penDown) {
        this.sample = null;
        this.strokes.push([{ ...this.#pen }]);
      }
      this.#update();
    } else if (event.key in DIRECTIONS) {
      this.#arrows.add(event.key);
      this.#movePen();
    } else {
      return;
    }
    event.preventDefault();
  }

  #movePen() {
    let { x, y } = this.#pen;
    for (const key of this.#arrows) {
      x += DIRECTIONS[key][0] * STEP;
      y += DIRECTIONS[key][1] * STEP;
    }
    this.#pen = { x: Math.min(0.96, Math.max(0.04, x)), y: Math.min(0.96, Math.max(0.04, y)) };
    this.#penShown = true;
    if (this.#penDown) {
      this.strokes.at(-1)?.push({ ...this.#pen });
      this.#update();
    } else {
      this.#draw();
    }
  }

  #hidePen() {
    this.#arrows.clear();
    this.#penDown = false;
    this.#penShown = false;
    this.#draw();
  }

  #draw() {
    const side = Math.max(1, Math.round(this.#canvas.clientWidth * devicePixelRatio));
    if (this.#canvas.width !== side) {
      this.#canvas.width = side;
      this.#canvas.height = side;
    }
    const context = this.#canvas.getContext("2d");
    if (!context) {
      return;
    }
    drawPixels(this.#canvas, this.sample ?? new Float32Array(0));
    context.scale(side, side);
    context.strokeStyle = themeColour("--ink");
    drawStrokes(context, this.strokes, PEN);
    if (this.#penShown) {
      this.#drawPen(context);
    }
  }

  /** @param {CanvasRenderingContext2D} context */
  #drawPen(context) {
    context.beginPath();
    context.arc(this.#pen.x, this.#pen.y, PEN * 0.8, 0, 2 * Math.PI);
    context.lineWidth = 0.008;
    context.strokeStyle = themeColour("--accent");
    context.fillStyle = context.strokeStyle;
    context.stroke();
    if (this.#penDown) {
      context.fill();
    }
  }
}

/**
 * Clears a square canvas and draws SIDE × SIDE values on it as squares of ink.
 * @param {HTMLCanvasElement} canvas
 * @param {Float32Array} image values from 0 to 1; may be empty
 */
export function drawPixels(canvas, image) {
  const context = canvas.getContext("2d");
  if (!context) {
    return;
  }
  context.resetTransform();
  context.clearRect(0, 0, canvas.width, canvas.height);
  context.fillStyle = themeColour("--ink");
  // Edges on whole pixels leave no seams between neighbouring squares.
  const edge = (/** @type {number} */ index) => Math.round((index * canvas.width) / SIDE);
  image.forEach((value, index) => {
    const [column, row] = [index % SIDE, Math.floor(index / SIDE)];
    context.globalAlpha = value;
    context.fillRect(edge(column), edge(row), edge(column + 1) - edge(column), edge(row + 1) - edge(row));
  });
  context.globalAlpha = 1;
}
