/**
 * Converts texts to tokens and back, and conversations to texts, with packages of Hugging Face that pages install.
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
