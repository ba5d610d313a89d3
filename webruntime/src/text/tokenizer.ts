import { blobFiles } from "../bundle/blob_files.ts";
import type { BundleSource } from "../bundle/bundle_source.ts";
import { TexelflowError } from "../errors.ts";
import { Tensor } from "../graph/tensor.ts";

/** One turn of a conversation, as chat templates take it. */
export interface Message {
  readonly role: string;
  readonly content: string | readonly Readonly<Record<string, unknown>>[];
  readonly [more: string]: unknown;
}

/** The files of a tokenizer, as Hugging Face has them beside a model. */
export interface TokenizerFiles {
  /** tokenizer.json */
  readonly tokenizer: object;
  /** tokenizer_config.json */
  readonly config?: TokenizerConfig | undefined;
  /** The chat template, where tokenizer_config.json has none. */
  readonly template?: string | undefined;
}

/** What is looked at of tokenizer_config.json. */
export interface TokenizerConfig {
  readonly chat_template?: string | readonly { readonly name: string; readonly template: string }[];
  readonly [more: string]: unknown;
}

/** How a text is encoded. */
export interface EncodeOptions {
  /** A second text behind the first, for models that take two, such as BERT; an empty one counts as none. */
  readonly pair?: string | undefined;
  /** Whether the tokens are added that models are trained with around a text. Default: true. */
  readonly special?: boolean | undefined;
}

/** How a conversation becomes a text. */
export interface ChatOptions {
  /** Whether it ends with the beginning of an answer. Default: true. */
  readonly prompt?: boolean | undefined;
  /** Which of several templates. Default: "default". */
  readonly template?: string | undefined;
  /** What else the template asks for, such as `tools`. */
  readonly values?: Readonly<Record<string, unknown>> | undefined;
}

/** The file without which there is no tokenizer. */
const NEEDED = "tokenizer.json";

type Library = import("@huggingface/tokenizers").Tokenizer;

/** How tokens become a text. */
export interface DecodeOptions {
  /** Whether tokens that models add are written, too. Default: false. */
  readonly special?: boolean | undefined;
  /**
   * Whether spaces before signs and short forms are left out ("do n't ." is "don't."): as the tokenizer has it unless given,
   * which mostly means that they are.
   */
  readonly clean?: boolean | undefined;
}

/** Texts to tokens and back, by `@huggingface/tokenizers`. Made by `loadTokenizer`. */
export class Tokenizer {
  /** @internal */
  constructor(
    private readonly library: Library,
    private readonly files: TokenizerFiles,
  ) {}

  /** The tokens of a text. */
  encode(text: string, options: EncodeOptions = {}): number[] {
    return this.encoding(text, options).ids;
  }

  /** The text of tokens. */
  decode(tokens: readonly number[], { special = false, clean }: DecodeOptions = {}): string {
    // The library takes no empty list.
    if (tokens.length === 0) return "";
    return this.library.decode([...tokens], {
      skip_special_tokens: !special,
      ...(clean !== undefined && { clean_up_tokenization_spaces: clean }),
    });
  }

  /** The token of a piece of text; undefined where there is none. */
  tokenOf(piece: string): number | undefined {
    return this.library.token_to_id(piece);
  }

  /** The token that ends a text, where tokenizer_config.json names it. */
  get endToken(): number | undefined {
    const { eos_token: end } = specialTokens(this.files.config ?? {});
    return end === undefined ? undefined : this.tokenOf(end);
  }

  /** Whether there is a chat template, so that `chat` can be asked. */
  get chats(): boolean {
    return Boolean(this.files.config?.chat_template ?? this.files.template);
  }

  /**
   * A text as inputs of a model, by the names that Hugging Face gives them: `input_ids`, `attention_mask` and
   * `token_type_ids`, each int64 of shape [1, length]. Give a model those that it has.
   */
  inputs(text: string, options: EncodeOptions = {}): Record<string, Tensor<"int64">> {
    const { ids, attention_mask, token_type_ids } = this.encoding(text, options);
    const types = token_type_ids ?? ids.map(() => 0);
    return { input_ids: row(ids), attention_mask: row(attention_mask), token_type_ids: row(types) };
  }

  /**
   * A conversation as the text that the model was trained with, by the model's chat template and `@huggingface/jinja`.
   * Encode it with `special: false`: templates write the special tokens themselves.
   *
   * @throws TexelflowError with the code `option` when there is no such template
   */
  async chat(messages: readonly Message[], options: ChatOptions = {}): Promise<string> {
    const { prompt = true, template = "default", values } = options;
    const { config = {} } = this.files;
    const { Template } = await templates();
    return new Template(templateOf(this.files, template)).render({
      messages,
      add_generation_prompt: prompt,
      ...specialTokens(config),
      ...values,
    });
  }

  private encoding(text: string, { pair, special = true }: EncodeOptions) {
    return this.library.encode(text, {
      ...(pair !== undefined && { text_pair: pair }),
      add_special_tokens: special,
      return_token_type_ids: true,
    });
  }
}

/**
 * Loads a tokenizer. Needs the package `@huggingface/tokenizers`, and for chats `@huggingface/jinja`.
 *
 * @param source - the folder with tokenizer.json and, where they are there, tokenizer_config.json and chat_template.jinja: its
 *   address, that of a bundle's graph.json in it, or its files; or their content
 * @param options - `fetch` fetches the files instead of the page's own; `files` names those that are there, so that no other
 *   is asked for, as the role of a bundle's input does
 * @throws TexelflowError with the code `not-found`, `network` or `damaged`
 */
export async function loadTokenizer(
  source: BundleSource | TokenizerFiles,
  {
    fetch = (url: string) => globalThis.fetch(url),
    files: there,
  }: {
    readonly fetch?: ((url: string) => Promise<Response>) | undefined;
    readonly files?: readonly string[] | undefined;
  } = {},
): Promise<Tokenizer> {
  const module = tokenizers();
  module.catch(() => {}); // awaited below
  const files =
    typeof source === "string" || source instanceof URL
      ? await readFiles(only(there, fetched(source, fetch)))
      : "tokenizer" in source
        ? source
        : await readFiles(given(source));
  const { Tokenizer: Library } = await module;
  try {
    return new Tokenizer(new Library(files.tokenizer, files.config ?? {}), files);
  } catch (cause) {
    throw new TexelflowError("damaged", `tokenizer.json is none that can be read (${text(cause)}).`, {
      cause,
    });
  }
}

/** Gives the text of a file by its name, null where there is no such file. */
type ReadFile = (name: string) => Promise<string | null>;

function fetched(source: string | URL, fetch: (url: string) => Promise<Response>): ReadFile {
  const folder = new URL(source, globalThis.location?.href);
  folder.pathname = folder.pathname.replace(/(^|\/)graph\.json$/, "$1");
  if (!folder.pathname.endsWith("/")) folder.pathname += "/";
  return async (name) => {
    const file = new URL(name, folder);
    file.search = folder.search;
    const url = file.href;
    const response = await fetch(url).catch((cause: unknown) => {
      throw new TexelflowError("network", `${url} cannot be fetched (${text(cause)}).`, { file: url, cause });
    });
    if (response.ok) return response.text();
    if (name !== NEEDED) return null;
    const status = `${response.status} ${response.statusText}`;
    throw new TexelflowError("not-found", `${url} cannot be fetched: the server answered ${status}.`, {
      file: url,
    });
  };
}

/** Asks for no file that is known not to be there. */
function only(there: readonly string[] | undefined, read: ReadFile): ReadFile {
  return async (name) => (name === NEEDED || !there || there.includes(name) ? read(name) : null);
}

function given(source: Exclude<BundleSource, string | URL>): ReadFile {
  const files = blobFiles(source);
  const { signal } = new AbortController();
  return async (name) => {
    const file = await files.open({ name }, signal).catch((error: unknown) => {
      if (name === NEEDED) throw error;
      return null;
    });
    return file?.text() ?? null;
  };
}

async function readFiles(read: ReadFile): Promise<TokenizerFiles> {
  const json = async (name: string): Promise<object | undefined> => {
    const content = await read(name);
    try {
      return content === null ? undefined : (JSON.parse(content) as object);
    } catch (cause) {
      throw new TexelflowError("damaged", `${name} is no JSON (${text(cause)}).`, { file: name, cause });
    }
  };
  const [tokenizer, config] = await Promise.all([json(NEEDED), json("tokenizer_config.json")]);
  const found: TokenizerConfig = { ...config };
  const template = found.chat_template ? null : await read("chat_template.jinja");
  return { tokenizer: tokenizer as object, config: found, ...(template !== null && { template }) };
}

// Packages that a page has for itself. Each import stands in a `try`: by that bundlers see that a page may be without it.

async function tokenizers() {
  try {
    return await import("@huggingface/tokenizers");
  } catch (cause) {
    throw missing("@huggingface/tokenizers", cause);
  }
}

async function templates() {
  try {
    return await import("@huggingface/jinja");
  } catch (cause) {
    throw missing("@huggingface/jinja", cause);
  }
}

function missing(file: string, cause: unknown): TexelflowError {
  const what = `The package ${file} is not there: install it, or name it in the import map.`;
  return new TexelflowError("network", what, { file, cause });
}

function templateOf({ config = {}, template }: TokenizerFiles, name: string): string {
  const { chat_template: own } = config;
  const found =
    typeof own === "string" || own === undefined
      ? name === "default"
        ? (own ?? template)
        : undefined
      : own.find((entry) => entry.name === name)?.template;
  if (found !== undefined) return found;
  throw new TexelflowError("option", `chat: the tokenizer has no chat template "${name}".`);
}

/** The special tokens by the names that templates have for them: `bos_token`, `eos_token` and so on. */
function specialTokens(config: TokenizerConfig): Record<string, string> {
  const entries = Object.entries(config).flatMap(([name, value]) => {
    const content = typeof value === "string" ? value : (value as { content?: unknown } | null)?.content;
    return name.endsWith("_token") && typeof content === "string" ? [[name, content] as const] : [];
  });
  return Object.fromEntries(entries);
}

function row(numbers: readonly number[]): Tensor<"int64"> {
  return new Tensor("int64", [1, numbers.length], BigInt64Array.from(numbers, BigInt));
}

function text(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
