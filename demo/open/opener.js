import { element } from "../shared/page.js";
import { askFirst, linkedModel, linkModel, mayFetch, toWiderPage } from "./addresses.js";
import { convertModel, originalOf, saveBundle } from "./convert.js";
import { bundleOfFiles, isBundleAddress, nameOfFiles } from "./open.js";
import { wishes } from "./wishes.js";

/** @import { Converted } from "./convert.js" */
/** @import { FoundFile } from "./open.js" */
/** @import { Runner } from "../run/runner.js" */

/** Opens what a visitor gives or names, and remembers what was converted, to save it or to convert it in another way. */
export class Opener {
  #runner;
  /** @type {Converted | null} the last model, where it was converted here */
  #converted = null;
  /** @type {(() => Promise<void>) | null} converts it once more */
  #again = null;

  /** @param {Runner} runner */
  constructor(runner) {
    this.#runner = runner;
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
    await this.#runner.open(bundle.name, () => {
      this.#remember(null, null, null);
      return { bundle: bundle.files };
    });
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
      await this.#runner.open(parts.at(-2) || address.host, () => {
        this.#remember(null, null, address);
        return { bundle: address };
      });
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

  /** Converts the last model once more, as the page now says; does nothing where none was converted. */
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
   * @param {readonly FoundFile[] | URL} source
   * @param {string} name
   * @param {URL | null} address
   */
  async #convert(source, name, address) {
    await this.#runner.open(name, async (course) => {
      const converted = await convertModel(source, wishes(), course);
      course.signal.throwIfAborted();
      this.#remember(converted, () => this.#convert(source, name, address), address);
      return { bundle: converted.files, original: () => originalOf(source) };
    });
  }

  /**
   * @param {Converted | null} converted
   * @param {(() => Promise<void>) | null} again
   * @param {URL | null} address
   */
  #remember(converted, again, address) {
    this.#converted = converted;
    this.#again = again;
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
