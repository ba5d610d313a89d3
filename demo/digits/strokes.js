/** @typedef {{ x: number, y: number }} Point a position in fractions of the pad's side, y downwards */
/** @typedef {Point[]} Stroke one line, from pen down to pen up */

/** Height and width of the network's input in pixels. */
export const SIDE = 8;

/** Fine pixels along the side of one input pixel; their mean is its value. */
const FINE = 8;

/** Width of the redrawn strokes in input pixels: about that of the pens that wrote the training digits. */
const THICKNESS = 1.3;

/** @type {CanvasRenderingContext2D | null} */
let fineContext = null;

/**
 * Draws strokes with round ends and joints.
 * @param {CanvasRenderingContext2D} context with colour and transformation already set
 * @param {readonly Stroke[]} strokes
 * @param {number} width of the line, in the strokes' unit
 */
export function drawStrokes(context, strokes, width) {
  context.lineWidth = width;
  context.lineCap = "round";
  context.lineJoin = "round";
  for (const stroke of strokes) {
    context.beginPath();
    if (stroke.length === 1) {
      // A line of no length may draw nothing.
      context.arc(stroke[0].x, stroke[0].y, width / 2, 0, 2 * Math.PI);
      context.fill();
      continue;
    }
    context.moveTo(stroke[0].x, stroke[0].y);
    for (const point of stroke.slice(1)) {
      context.lineTo(point.x, point.y);
    }
    context.stroke();
  }
}

/**
 * Turns a drawing into what the network was trained on. The data set's digits fill the height of their square and
 * have one pen's width, so the strokes (not the pixels of the pad) are scaled by their bounding box, centred and
 * redrawn: the size, the place and the pen of the drawing make no difference.
 * @param {readonly Stroke[]} strokes
 * @returns {Float32Array<ArrayBuffer>} SIDE × SIDE values from 0 (paper) to 1 (ink), row by row; zeros without strokes
 */
export function digitImage(strokes) {
  const image = new Float32Array(SIDE * SIDE);
  const points = strokes.flat();
  if (points.length === 0) {
    return image;
  }
  const xs = points.map((point) => point.x);
  const ys = points.map((point) => point.y);
  const [left, right, top, bottom] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  const full = SIDE * FINE;
  const thickness = THICKNESS * FINE;
  // A dot has no extent; a tenth of the pad keeps it a dot.
  const extent = Math.max(right - left, bottom - top, 0.1);
  const scale = (full - thickness) / extent;

  fineContext ??= newFineContext(full);
  fineContext.resetTransform();
  fineContext.clearRect(0, 0, full, full);
  fineContext.translate(full / 2, full / 2);
  fineContext.scale(scale, scale);
  fineContext.translate(-(left + right) / 2, -(top + bottom) / 2);
  drawStrokes(fineContext, strokes, thickness / scale);

  const alpha = fineContext.getImageData(0, 0, full, full).data;
  for (let y = 0; y < full; y += 1) {
    for (let x = 0; x < full; x += 1) {
      const pixel = Math.floor(y / FINE) * SIDE + Math.floor(x / FINE);
      image[pixel] += alpha[(y * full + x) * 4 + 3] / (255 * FINE * FINE);
    }
  }
  return image;
}

/**
 * @param {number} side
 * @returns {CanvasRenderingContext2D}
 */
function newFineContext(side) {
  const canvas = document.createElement("canvas");
  canvas.width = side;
  canvas.height = side;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (!context) {
    throw new Error("This browser gave no 2D canvas to redraw the strokes on.");
  }
  return context;
}
