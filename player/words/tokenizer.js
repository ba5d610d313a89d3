// Built as one file, with the packages that read tokenizers and chat templates.
import { loadTokenizer as load } from "../../webruntime/src/text.ts";

/** @type {typeof import("../texelflow.text.js").loadTokenizer} that of pages, which find the packages themselves */
export const loadTokenizer = /** @type {any} */ (load);
