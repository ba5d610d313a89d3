/** Which part of a drawing a canvas shows, and how large: moved by pointers, wheel and keys. */
export class CameraView extends EventTarget {
  #canvas;
  scale = 1;
  /** Where the drawing's origin lies on the canvas, in CSS pixels. */
  x = 0;
  y = 0;
  /** @type {Map<number, { x: number, y: number }>} */
  #pointers = new Map();
  #travelled = 0;
  #bounds = { width: 1, height: 1 };

  /**
   * Dispatches "change", and "pick" with a place of the drawing as detail where it is clicked.
   * @param {HTMLCanvasElement} canvas
   */
  constructor(canvas) {
    super();
    this.#canvas = canvas;
    canvas.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
    canvas.addEventListener("pointerdown", (event) => this.#down(event));
    canvas.addEventListener("pointermove", (event) => this.#move(event));
    canvas.addEventListener("pointerup", (event) => this.#up(event));
    canvas.addEventListener("pointercancel", (event) => this.#pointers.delete(event.pointerId));
  }

  /**
   * Shows all of a drawing that is not too large to be read, else its top.
   * @param {{ width: number, height: number }} bounds
   */
  fit(bounds) {
    this.#bounds = bounds;
    const { clientWidth, clientHeight } = this.#canvas;
    const all = Math.min((clientWidth - 32) / bounds.width, (clientHeight - 32) / bounds.height, 1);
    const wide = Math.min((clientWidth - 32) / bounds.width, 1);
    this.scale = Math.max(all, Math.min(wide, 0.8), 0.02);
    this.x = (clientWidth - bounds.width * this.scale) / 2;
    this.y = all >= this.scale ? (clientHeight - bounds.height * this.scale) / 2 : 16;
    this.#changed();
  }

  /** Shows all of the drawing, however small. */
  showAll() {
    const { clientWidth, clientHeight } = this.#canvas;
    const { width, height } = this.#bounds;
    this.scale = Math.max(0.005, Math.min((clientWidth - 32) / width, (clientHeight - 32) / height, 1));
    this.x = (clientWidth - width * this.scale) / 2;
    this.y = (clientHeight - height * this.scale) / 2;
    this.#changed();
  }

  /**
   * Brings a place into the middle, large enough to be read.
   * @param {number} x
   * @param {number} y
   */
  centre(x, y) {
    this.scale = Math.max(this.scale, 0.8);
    this.x = this.#canvas.clientWidth / 2 - x * this.scale;
    this.y = this.#canvas.clientHeight / 2 - y * this.scale;
    this.#changed();
  }

  /**
   * Moves what is shown, in CSS pixels.
   * @param {number} x
   * @param {number} y
   */
  pan(x, y) {
    this.x += x;
    this.y += y;
    this.#changed();
  }

  /**
   * Enlarges around a point of the canvas, by default its middle.
   * @param {number} factor
   */
  zoom(factor, x = this.#canvas.clientWidth / 2, y = this.#canvas.clientHeight / 2) {
    const scale = Math.min(3, Math.max(0.005, this.scale * factor));
    this.x = x - ((x - this.x) * scale) / this.scale;
    this.y = y - ((y - this.y) * scale) / this.scale;
    this.scale = scale;
    this.#changed();
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }

  /** @param {WheelEvent} event */
  #wheel(event) {
    // The page scrolls by, unless the drawing was chosen.
    if (!event.ctrlKey && document.activeElement !== this.#canvas) {
      return;
    }
    event.preventDefault();
    const { left, top } = this.#canvas.getBoundingClientRect();
    this.zoom(
      Math.exp(-event.deltaY * (event.ctrlKey ? 0.01 : 0.0015)),
      event.clientX - left,
      event.clientY - top,
    );
  }

  /** @param {PointerEvent} event */
  #down(event) {
    this.#canvas.setPointerCapture(event.pointerId);
    this.#pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    this.#travelled = this.#pointers.size > 1 ? Number.POSITIVE_INFINITY : 0;
  }

  /** @param {PointerEvent} event */
  #move(event) {
    const before = this.#pointers.get(event.pointerId);
    if (!before) {
      return;
    }
    const now = { x: event.clientX, y: event.clientY };
    const others = [...this.#pointers].filter(([id]) => id !== event.pointerId).map(([, place]) => place);
    this.#pointers.set(event.pointerId, now);
    this.#travelled += Math.abs(now.x - before.x) + Math.abs(now.y - before.y);
    const [other] = others;
    if (other) {
      const { left, top } = this.#canvas.getBoundingClientRect();
      const apart = (/** @type {{ x: number, y: number }} */ place) =>
        Math.max(1, Math.hypot(place.x - other.x, place.y - other.y));
      this.zoom(apart(now) / apart(before), (now.x + other.x) / 2 - left, (now.y + other.y) / 2 - top);
    }
    const share = other ? 0.5 : 1;
    this.pan((now.x - before.x) * share, (now.y - before.y) * share);
  }

  /** @param {PointerEvent} event */
  #up(event) {
    this.#pointers.delete(event.pointerId);
    if (this.#travelled < 6) {
      const { left, top } = this.#canvas.getBoundingClientRect();
      const detail = {
        x: (event.clientX - left - this.x) / this.scale,
        y: (event.clientY - top - this.y) / this.scale,
      };
      this.dispatchEvent(new CustomEvent("pick", { detail }));
    }
  }
}
