/** @typedef {{ renderer: string, cores: number | string, memory: string, browser: string, pixelRatio: number }} Facts */

/** @type {Facts | undefined} */
let known;

/**
 * What the browser tells of the device; asked once.
 * @returns {Facts}
 */
export function deviceFacts() {
  known ??= {
    renderer: rendererName(),
    cores: navigator.hardwareConcurrency ?? "not told",
    // Only Chromium tells, and never more than 8 GB.
    memory: "deviceMemory" in navigator ? `${navigator.deviceMemory} GB or more` : "not told",
    browser: navigator.userAgent,
    pixelRatio: devicePixelRatio,
  };
  return known;
}

/** The name of what draws, as WebGL tells it. */
function rendererName() {
  const gl = document.createElement("canvas").getContext("webgl2");
  if (!gl) {
    return "no WebGL2";
  }
  const details = gl.getExtension("WEBGL_debug_renderer_info");
  const name = gl.getParameter(details ? details.UNMASKED_RENDERER_WEBGL : gl.RENDERER);
  gl.getExtension("WEBGL_lose_context")?.loseContext();
  return String(name);
}
