/** Milliseconds that the parts of loading took. They overlap: weights download and upload while programs compile. */
export interface Timings {
  /** From the call of `loadModel` to the last byte of the weights. */
  download: number;
  /** Making the page's WebGL2 context, which keeps the page busy; next to nothing once there is one. */
  context: number;
  /** From the context to the last linked program, the self-test included. */
  compile: number;
  /** What the page was busy with weights: handing them to the GPU and issuing draws that pack them. */
  upload: number;
  /** From the last byte and the last linked program to the end of the load phase's draws on the GPU. */
  loadDraws: number;
  /** The first run, from its call to its outputs, with `streaming` the wait for weights included; 0 before. */
  firstRun: number;
}
