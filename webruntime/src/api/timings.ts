/** Milliseconds that the parts of loading took. They overlap: weights download and upload while programs compile. */
export interface Timings {
  /** From the call of `loadModel` to the last byte of the weights. */
  download: number;
  /** Creating the page's WebGL2 context, which blocks the page; almost nothing if it exists already. */
  context: number;
  /** From the context to the last linked program, including the self-test. */
  compile: number;
  /** How long the page was busy with weights: uploading them, and issuing the draws that pack them. */
  upload: number;
  /** From the last byte and the last linked program to the end of the load phase's draws on the GPU. */
  loadDraws: number;
  /** The first run, from its call to its outputs; with `streaming`, including the wait for weights. 0 before it. */
  firstRun: number;
}
