/** Its sides in pixels. */
const WIDTH = 480;
const HEIGHT = 320;

/**
 * A picture for models of which no other one is at hand: colours that run into each other, and edges of all directions.
 * @returns {Promise<ImageBitmap>}
 */
export function testPicture() {
  const canvas = new OffscreenCanvas(WIDTH, HEIGHT);
  const context = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const sky = context.createLinearGradient(0, 0, WIDTH, HEIGHT);
  for (const [place, colour] of /** @type {const} */ ([
    [0, "#2b5f8f"],
    [0.5, "#e8b45a"],
    [1, "#7d2f4f"],
  ])) {
    sky.addColorStop(place, colour);
  }
  context.fillStyle = sky;
  context.fillRect(0, 0, WIDTH, HEIGHT);
  context.fillStyle = "#f5efe0";
  context.beginPath();
  context.arc(140, 120, 70, 0, 2 * Math.PI);
  context.fill();
  context.fillStyle = "#1d4a3c";
  context.fillRect(260, 150, 120, 130);
  context.strokeStyle = "#14181a";
  context.lineWidth = 6;
  for (let ray = 0; ray < 12; ray += 1) {
    const angle = (ray / 12) * 2 * Math.PI;
    context.beginPath();
    context.moveTo(320 + 20 * Math.cos(angle), 80 + 20 * Math.sin(angle));
    context.lineTo(320 + 60 * Math.cos(angle), 80 + 60 * Math.sin(angle));
    context.stroke();
  }
  return createImageBitmap(canvas);
}
