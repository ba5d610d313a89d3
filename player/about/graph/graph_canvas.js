import { colours } from "../../shared/canvas_colours.js";
import { onThemeChange } from "../../shared/page.js";
import { CameraView } from "./camera_view.js";

/** @import { Layout } from "./layout.js" */

/**
 * What is written in a box.
 * @typedef {object} Face
 * @property {string} title
 * @property {string} detail
 * @property {"product" | "reduction" | "move" | "other" | "border"} family
 * @property {boolean} isGroup
 */

/**
 * @typedef {object} Drawing
 * @property {Face[]} faces
 * @property {number[][]} sizes width and height of each box
 * @property {{ from: number, to: number }[]} arrows
 * @property {Layout} layout
 */

const FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif";
const TITLE = `600 13px ${FONT}`;
const DETAIL = `11.5px ${FONT}`;
const HEIGHT = 42;
const WIDEST = 230;
/** Below these scales texts, then arrowheads and corners, are left out: they would not be seen. */
const READABLE = 0.42;
const ROUGH = 0.18;

/** Draws a graph on a canvas: only what is in sight, once a frame. */
export class GraphCanvas {
  #canvas;
  #context;
  /** @type {Drawing | null} */
  #drawing = null;
  #colours = colours();
  #isAsked = false;
  /** Index of the box that is chosen, -1 for none. */
  chosen = -1;
  /** @type {ReadonlySet<number>} boxes that a search found */
  found = new Set();
  /** @type {readonly number[] | null} from 0 to 1 by box */
  heat = null;

  /** @param {HTMLCanvasElement} canvas */
  constructor(canvas) {
    this.#canvas = canvas;
    this.#context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    this.camera = new CameraView(canvas);
    this.camera.addEventListener("change", () => this.ask());
    onThemeChange(() => {
      this.#colours = colours();
      this.ask();
    });
    new ResizeObserver(() => this.ask()).observe(canvas);
  }

  /**
   * The size of a box that has this written in it.
   * @param {Face} face
   * @returns {number[]}
   */
  sizeOf({ title, detail }) {
    this.#context.font = TITLE;
    const first = this.#context.measureText(title).width;
    this.#context.font = DETAIL;
    const second = this.#context.measureText(detail).width;
    return [Math.min(WIDEST, Math.max(72, Math.ceil(Math.max(first, second)) + 30)), HEIGHT];
  }

  /** @param {Drawing} drawing */
  show(drawing) {
    this.#drawing = drawing;
    this.ask();
  }

  /**
   * The box at a place of the drawing, -1 where there is none.
   * @param {number} x
   * @param {number} y
   */
  boxAt(x, y) {
    const { layout, sizes } = this.#drawing ?? { layout: null, sizes: [] };
    const covers = (/** @type {number[]} */ centre, /** @type {number} */ box) =>
      Math.abs(centre[0] - x) <= sizes[box][0] / 2 && Math.abs(centre[1] - y) <= sizes[box][1] / 2;
    return layout ? layout.centres.findIndex(covers) : -1;
  }

  /** Draws in the next frame. */
  ask() {
    if (!this.#isAsked) {
      this.#isAsked = true;
      requestAnimationFrame(() => {
        this.#isAsked = false;
        this.drawNow();
      });
    }
  }

  /** Draws at once. */
  drawNow() {
    const { clientWidth, clientHeight } = this.#canvas;
    const [width, height] = [clientWidth, clientHeight].map((size) => Math.round(size * devicePixelRatio));
    if (this.#canvas.width !== width || this.#canvas.height !== height) {
      this.#canvas.width = width;
      this.#canvas.height = height;
    }
    const context = this.#context;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, width, height);
    const drawing = this.#drawing;
    if (!drawing || width === 0) {
      return;
    }
    const { scale, x, y } = this.camera;
    const zoom = scale * devicePixelRatio;
    context.setTransform(zoom, 0, 0, zoom, x * devicePixelRatio, y * devicePixelRatio);
    const sight = {
      left: -x / scale,
      top: -y / scale,
      right: (clientWidth - x) / scale,
      bottom: (clientHeight - y) / scale,
    };
    this.#drawArrows(drawing, sight);
    drawing.layout.centres.forEach(([left, top], box) => {
      const [wide, high] = drawing.sizes[box];
      const isSeen =
        left + wide / 2 > sight.left &&
        left - wide / 2 < sight.right &&
        top + high / 2 > sight.top &&
        top - high / 2 < sight.bottom;
      if (isSeen) {
        this.#drawBox(drawing.faces[box], box, left - wide / 2, top - high / 2, wide, high);
      }
    });
  }

  /**
   * @param {Drawing} drawing
   * @param {{ left: number, top: number, right: number, bottom: number }} sight
   */
  #drawArrows({ arrows, layout }, sight) {
    const context = this.#context;
    const { scale } = this.camera;
    /** @type {number[][][]} */
    const chosen = [];
    context.beginPath();
    arrows.forEach(({ from, to }, index) => {
      const isChosen = from === this.chosen || to === this.chosen;
      const bends = layout.bends[index] ?? (isChosen ? [layout.centres[from], layout.centres[to]] : null);
      if (!bends) {
        return;
      }
      if (isChosen) {
        chosen.push(bends);
        return;
      }
      const ys = bends.map(([, place]) => place);
      const xs = bends.map(([place]) => place);
      if (
        Math.min(...ys) < sight.bottom &&
        Math.max(...ys) > sight.top &&
        Math.min(...xs) < sight.right &&
        Math.max(...xs) > sight.left
      ) {
        this.#trace(bends, scale > ROUGH);
      }
    });
    context.strokeStyle = this.#colours.line;
    context.lineWidth = Math.max(1, 0.6 / scale);
    context.globalAlpha = 0.75;
    context.stroke();
    context.globalAlpha = 1;
    context.beginPath();
    for (const bends of chosen) {
      this.#trace(bends, true);
    }
    context.strokeStyle = this.#colours.accent;
    context.lineWidth = Math.max(2.2, 1.6 / scale);
    context.stroke();
  }

  /**
   * Adds a line with round bends to the path, and its head.
   * @param {number[][]} bends
   * @param {boolean} isFine
   */
  #trace(bends, isFine) {
    const context = this.#context;
    context.moveTo(bends[0][0], bends[0][1]);
    for (let index = 1; index < bends.length - 1; index += 1) {
      const [x, y] = bends[index];
      const [nextX, nextY] = bends[index + 1];
      context.quadraticCurveTo(x, y, (x + nextX) / 2, (y + nextY) / 2);
    }
    const [x, y] = bends[bends.length - 1];
    context.lineTo(x, y);
    if (isFine) {
      const [beforeX, beforeY] = bends[bends.length - 2];
      const angle = Math.atan2(y - beforeY, x - beforeX);
      for (const side of [-0.45, 0.45]) {
        context.moveTo(x, y);
        context.lineTo(x - 7 * Math.cos(angle + side), y - 7 * Math.sin(angle + side));
      }
    }
  }

  /**
   * @param {Face} face
   * @param {number} box
   * @param {number} x
   * @param {number} y
   * @param {number} width
   * @param {number} height
   */
  #drawBox({ title, detail, family, isGroup }, box, x, y, width, height) {
    const context = this.#context;
    const { card, well, ink, quiet, line, accent, heat, families } = this.#colours;
    const { scale } = this.camera;
    const outline = () => {
      context.beginPath();
      if (scale > ROUGH) {
        context.roundRect(x, y, width, height, 7);
      } else {
        context.rect(x, y, width, height);
      }
    };
    if (isGroup && scale > ROUGH) {
      // A second sheet behind the first: there is more in it.
      context.beginPath();
      context.roundRect(x + 4, y + 4, width, height, 7);
      context.fillStyle = well;
      context.fill();
      context.strokeStyle = line;
      context.lineWidth = 1;
      context.stroke();
    }
    outline();
    context.fillStyle = card;
    context.fill();
    const share = this.heat?.[box] ?? 0;
    if (share > 0) {
      context.globalAlpha = 0.12 + 0.6 * share;
      context.fillStyle = heat;
      context.fill();
      context.globalAlpha = 1;
    }
    const isChosen = box === this.chosen;
    context.strokeStyle = isChosen || this.found.has(box) ? accent : line;
    context.lineWidth = isChosen ? 3 : this.found.has(box) ? 2.5 : 1;
    context.stroke();
    context.fillStyle = families[family];
    context.fillRect(x + 6, y + 8, scale > ROUGH ? 4 : width - 12, height - 16);
    if (scale > READABLE) {
      context.fillStyle = ink;
      context.font = TITLE;
      context.textBaseline = "alphabetic";
      context.fillText(clipped(context, title, width - 26), x + 17, y + 18);
      context.fillStyle = share > 0.4 ? ink : quiet;
      context.font = DETAIL;
      context.fillText(clipped(context, detail, width - 26), x + 17, y + 33);
    }
  }
}

/**
 * As much of a text as fits.
 * @param {CanvasRenderingContext2D} context
 * @param {string} text
 * @param {number} width
 */
function clipped(context, text, width) {
  if (context.measureText(text).width <= width) {
    return text;
  }
  let end = text.length;
  while (end > 1 && context.measureText(`${text.slice(0, end)}…`).width > width) {
    end -= Math.max(1, Math.floor(end / 12));
  }
  return `${text.slice(0, end)}…`;
}
