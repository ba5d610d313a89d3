/**
 * What went wrong, for programs; docs/errors.md says what to do about each.
 *
 * - `input`: an input of a run is missing, unknown, or of a wrong type or shape
 * - `option`: an option of loadModel, run, draw or profile is unknown or wrong, or does not fit what it is for
 * - `size`: the sizes of the inputs are none that the model takes, or too large for the device
 * - `not-found`: a file of the bundle is not there
 * - `network`: a download failed or broke off
 * - `damaged`: the files are no intact bundle
 * - `altered`: a file is another one than was exported
 * - `version`: the bundle is of a format version that this runtime does not read
 * - `no-webgl2`: the browser has no WebGL2 here
 * - `device`: the GPU or its driver lacks what the model needs
 * - `privacy`: the browser alters what pages read from the GPU
 * - `out-of-memory`: the GPU has too little memory
 * - `context-lost`: the browser took the GPU away, and again when that was made up for
 * - `state-lost`: with the GPU went what the session remembered, or a tensor that stayed there
 * - `superseded`: a later run was asked for before this one began, both with `latest`
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

/** What an error is about. */
export interface ErrorDetails {
  /** Address or name of the file. */
  readonly file?: string;
  /** Name of the input. */
  readonly input?: string;
  /** The error that led to it. */
  readonly cause?: unknown;
}

/** Characters of a message, which may have names of the bundle, and a shader where that does not compile. */
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
