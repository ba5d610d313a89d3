import { make } from "../shared/make.js";
import { texts } from "./texts.js";

/** @import { ModelFacts } from "./facts.js" */

const say = texts.device;

/**
 * What draws, its limits, and what the runtime chose on it, with the reasons.
 * @param {HTMLElement} place
 * @param {ModelFacts} facts
 */
export async function showDevice(place, facts) {
  const { renderer, limits, pixels, groups, fetch, storage, integrity, reasons } = facts.subject.model.device;
  const rows = {
    [say.renderer]: renderer,
    [say.textureSize]: say.texels(limits.maxTextureSize),
    [say.targets]: String(limits.drawBuffers),
    [say.units]: String(limits.textureUnits),
    [say.blocking]: say.blocks(pixels, groups),
    [say.fetch]: `${fetch}()`,
    [say.storage]: say.bits(storage),
    [say.integrity]: integrity,
  };
  const lines = Object.entries(rows).map(([term, text]) =>
    make("div", {}, make("dt", {}, term), make("dd", {}, text)),
  );
  place.append(make("dl", { class: "rows" }, ...lines));
  const why = reasons.length > 0 ? reasons : [say.preferred];
  place.append(
    make("h3", {}, say.reasons),
    make("ul", { class: "lines" }, ...why.map((text) => make("li", {}, text))),
  );
}
