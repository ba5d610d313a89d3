/**
 * What went wrong, for programs; docs/errors.md says what to do about each.
 *
 * - `input`: an input of a run is missing, unknown, or of a wrong type or shape
 * - `option`: an option of loadModel, run, draw or profile is unknown or wrong, or does not fit what it is for
 * - `size`: the model does not accept inputs of these sizes, or they are too large for the device
 * - `not-found`: a file of the bundle is missing
 * - `network`: a download failed or broke off
 * - `damaged`: the files are not an intact bundle
 * - `altered`: a file differs from the one that was exported
 * - `version`: the bundle is of a format version that this runtime does not read
 * - `no-webgl2`: WebGL2 is not available here
 * - `device`: the GPU or its driver lacks what the model needs
 * - `privacy`: the browser alters what pages read from the GPU
 * - `out-of-memory`: the GPU has too little memory
 * - `context-lost`: the browser took the GPU's context away, and again after the model was restored
 * - `state-lost`: the states of the session, or a tensor that was kept on the GPU, were lost with the GPU's context
 * - `superseded`: before this run began a later one was requested, both with `latest`
 * - `disposed`: the model, the session or the tensor was disposed
 * - `stopped`: the run's signal stopped a loop
 */
export type ErrorCode =
  | "input"
  | "option"
  | "size"
  | "not-found"
  | "network"
  | "damaged"
  | "altered"
  | "version"
  | "no-webgl2"
  | "device"
  | "privacy"
  | "out-of-memory"
  | "context-lost"
  | "state-lost"
  | "superseded"
  | "disposed"
  | "stopped";

/** What an error refers to. */
export interface ErrorDetails {
  /** Address or name of the file. */
  readonly file?: string;
  /** Name of the input. */
  readonly input?: string;
  /** The error that caused it. */
  readonly cause?: unknown;
}

/** Most characters of a message: it may contain names from the bundle, or a shader that does not compile. */
const LONGEST_MESSAGE = 9600;

/** An error of Texelflow: its message is for people, its code for programs. */
export class TexelflowError extends Error {
  override readonly name = "TexelflowError";
  readonly file: string | undefined;
  readonly input: string | undefined;

  constructor(
    readonly code: ErrorCode,
    message: string,
    { file, input, cause }: ErrorDetails = {},
  ) {
    super(message.slice(0, LONGEST_MESSAGE), cause === undefined ? undefined : { cause });
    this.file = file;
    this.input = input;
  }
}
