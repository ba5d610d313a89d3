/**
 * Texts to tokens and back, and conversations to texts, by the packages of Hugging Face, which pages install for themselves.
 *
 * @module texelflow/text
 */

export {
  type ChatOptions,
  type DecodeOptions,
  type EncodeOptions,
  loadTokenizer,
  type Message,
  Tokenizer,
  type TokenizerConfig,
  type TokenizerFiles,
} from "./text/tokenizer.ts";
