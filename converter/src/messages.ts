/** What page and worker say to each other. */

/** How a model is to be exported: the options of `texelflow export`, all of them optional. */
export interface ExportOptions {
  /** How pictures become the image input, as `--image` writes it, such as `"-1..1,fit=cover"`. */
  image?: string;
  /** The same, for a model that says nothing of pictures, but whose only input has the shape of one. */
  usualImage?: string;
  /** Class names, in the order of the numbers that the model gives. */
  labels?: readonly string[];
  /** The same, of a model that has none, where one text beside it has as many lines as it has classes. */
  usualLabels?: "beside";
  /** How floating-point weights are stored; `"float32"` by default. */
  weights?: "float32" | "float16" | "int8" | "int4";
  /** For an input's name its shape: numbers, or names of dimensions that stay free. */
  inputShapes?: Readonly<Record<string, readonly (number | string)[]>>;
  /** For an input's name the numbers that it always has, one for all elements or as many as it has. */
  constants?: Readonly<Record<string, number | readonly number[]>>;
  /** For an output's name that of the input that it is in the next run, or `"auto"`. */
  states?: Readonly<Record<string, string>> | "auto";
  /** The same, for a language model whose tokenizer lies beside it, and which takes what it remembers as inputs. */
  usualStates?: "auto";
  /** Outputs of which only the last position is wanted, along the axis before the last. */
  last?: readonly string[];
  /** For an output's name how many of its largest numbers along the last axis are wanted. */
  topK?: Readonly<Record<string, number>>;
  /** For the name of an output, or of an input of sound, what it is in a task, such as `"classes,activation=softmax"`. */
  meanings?: Readonly<Record<string, string>>;
  /** Which function of a model that has several, by name. */
  signature?: string;
  /** Which of several models that were given, by its path among the files or within the archive. */
  model?: string;
  /** The model's name, for people; without it the file's. */
  name?: string;
}

/** How a model is to be written as an ONNX file: the options of `texelflow convert`, all of them optional. */
export type OnnxOptions = Pick<ExportOptions, "inputShapes" | "signature" | "model">;

/** An input or output of a model. */
export interface Signature {
  readonly name: string;
  readonly dtype: string;
  /** Extents; free ones as text. */
  readonly shape: readonly (number | string)[];
}

/** What the exporter says of a model. */
export interface Summary {
  readonly name: string;
  /** The format it was read from. */
  readonly format: string;
  /** How often each operator occurs in the model's file. */
  readonly operators: Readonly<Record<string, number>>;
  readonly inputs: readonly Signature[];
  readonly outputs: readonly Signature[];
  readonly parameters: number;
  /** Bytes that visitors of a page with this bundle download. */
  readonly downloadBytes: number;
  /** Shader programs, and draws of a run. */
  readonly programs: number;
  readonly draws: number;
  /** What may come out otherwise than in the model. */
  readonly warnings: readonly string[];
}

/**
 * Who is at fault: the model's file (`model`), an option (`option`), Texelflow (`defect`); or there was too little memory, a
 * file could not be fetched (`network`), the exporter could not be started (`start`).
 */
export type FailureCode = "model" | "option" | "defect" | "memory" | "network" | "start";

/** Why there is no bundle. */
export interface Failure {
  readonly code: FailureCode;
  readonly message: string;
  /** All reasons, one line each; a message that has no others is its own. */
  readonly problems: readonly string[];
  /** What has to be chosen, where that is all that is missing. */
  readonly choice?: Choice;
}

/** What there is to choose from. */
export interface Choice {
  /** The option of `convert` that takes one of the names. */
  readonly option: "model" | "signature";
  readonly names: readonly string[];
}

/** A file with its path among the files that belong together; parts are separated by "/". */
export interface NamedFile {
  readonly path: string;
  readonly blob: Blob;
}

/** What the page asks: the first message says where the distribution is and starts Python, each other exports a model, or converts it. */
export type Request =
  | { readonly start: string }
  | {
      /** The files of the model, or the address of its file, which is fetched with what it needs beside it. */
      readonly source: readonly NamedFile[] | string;
      readonly options: ExportOptions;
    }
  | {
      readonly source: readonly NamedFile[] | string;
      /** The model is to be written as an ONNX file. */
      readonly onnx: OnnxOptions;
    };

/** What the worker answers. */
export type Answer =
  | { readonly kind: "ready" }
  | { readonly kind: "progress"; readonly doing: string; readonly fraction: number }
  | {
      readonly kind: "done";
      /** Null of an ONNX file. */
      readonly summary: Summary | null;
      readonly files: readonly NamedFile[];
      /** Bytes that the worker's memory has grown to; it never shrinks. */
      readonly heap: number;
    }
  | { readonly kind: "failed"; readonly failure: Failure; readonly heap: number };
