import { element } from "../shared/page.js";
import { askFirst, linkedModel, linkModel, mayFetch, toWiderPage } from "./addresses.js";
import { convertModel, originalOf, saveBundle } from "./convert.js";
import { bundleOfFiles, isBundleAddress, nameOfFiles } from "./open.js";
import { wishes } from "./wishes.js";

/** @import { Chosen, Converted } from "./convert.js" */
/** @import { FoundFile } from "./open.js" */
/** @import { Source } from "../run/loading.js" */
/** @import { Attempt } from "../run/player.js" */
/** @import { Runner } from "../run/runner.js" */

/** Opens what a visitor gives or names, and remembers what was converted, to save it or to convert it in another way. */
export class Opener {
  #runner;
  #attempt;
  /** @type {Converted | null} the last model, where it was converted here */
  #converted = null;
  /** @type {(() => Promise<void>) | null} converts the model once more that was given last, also one that could not be */
  #again = null;

  /**
   * @param {Runner} runner
   * @param {Attempt} attempt
   */
  constructor(runner, attempt) {
    this.#runner = runner;
    this.#attempt = attempt;
    runner.addEventListener("model", () => {
      const source = runner.subject?.source ?? null;
      if (source !== this.#converted?.files) {
        this.#remember(null, source instanceof URL ? source : null);
      }
    });
  }

  /**
   * Opens a bundle, or converts a model, of files.
   * @param {readonly FoundFile[]} files at least one
   */
  async openFiles(files) {
    const bundle = bundleOfFiles(files);
    if (!bundle) {
      await this.#convert(files, nameOfFiles(files), null);
      return;
    }
    await this.#openBundle(bundle.name, bundle.files);
  }

  /**
   * Opens a bundle, or converts a model, at an address; one of another server on a page that may fetch from there.
   * @param {URL} address
   */
  async openAddress(address) {
    const parts = address.pathname.split("/");
    if (!mayFetch(address)) {
      toWiderPage(address);
    } else if (!isBundleAddress(address)) {
      await this.#convert(address, parts.at(-1) ?? "", address);
    } else {
      await this.#openBundle(parts.at(-2) || address.host, address);
    }
  }

  /** Opens the model that the page's own address names, if it names one; asks before another server is. */
  async openLinked() {
    const address = linkedModel();
    if (!address) {
      return;
    }
    element("address", HTMLInputElement).value = address.href;
    if (address.origin === location.origin || !mayFetch(address) || (await askFirst(address))) {
      await this.openAddress(address);
    }
  }

  /** Converts the last model once more, as the page now says; does nothing where there is none to convert. */
  async convertAgain() {
    await this.#again?.();
  }

  /** Saves the bundle that the last model was converted to. */
  async save() {
    if (this.#converted) {
      await saveBundle(this.#converted.files, this.#converted.summary.name);
    }
  }

  /**
   * @param {string} name
   * @param {Source} bundle
   */
  async #openBundle(name, bundle) {
    const again = this.#again;
    this.#again = null;
    try {
      await this.#runner.open(name, () => ({ bundle }));
    } catch (problem) {
      if (this.#runner.subject?.source !== bundle) {
        this.#again = again;
      }
      throw problem;
    }
  }

  /**
   * @param {readonly FoundFile[] | URL} source
   * @param {string} name
   * @param {URL | null} address
   * @param {Chosen} [chosen]
   */
  async #convert(source, name, address, chosen = {}) {
    this.#again = () => this.#convert(source, name, address, chosen);
    const choose = (/** @type {Chosen} */ more) =>
      this.#attempt(() => this.#convert(source, name, address, { ...chosen, ...more }));
    await this.#runner.open(name, async (course) => {
      const converted = await convertModel(source, { ...wishes(), ...chosen }, course, choose);
      course.signal.throwIfAborted();
      this.#remember(converted, address);
      return { bundle: converted.files, original: () => originalOf(source, chosen) };
    });
  }

  /**
   * @param {Converted | null} converted
   * @param {URL | null} address
   */
  #remember(converted, address) {
    this.#converted = converted;
    element("save", HTMLButtonElement).hidden = !converted;
    element("warnings", HTMLUListElement).replaceChildren(
      ...(converted?.summary.warnings ?? []).map(listItem),
    );
    linkModel(address);
  }
}

/** @param {string} text */
function listItem(text) {
  const item = document.createElement("li");
  item.textContent = text;
  return item;
}
