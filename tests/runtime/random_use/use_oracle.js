// What a memory's calls, in the order in which they were made, may have led to.

import { KINDS } from "./use_models.js";

/** Whether tensors by name are those wanted; of what stayed on the GPU, only the shape is known. */
export function sameTensors(found, wanted) {
  return Object.entries(wanted).every(([name, { shape, data, tolerance = 0 }]) => {
    const own = found[name];
    if (!own || own.shape.join() !== shape.join()) return false;
    if ("read" in own) return true;
    return data.every((value, i) =>
      typeof value === "bigint" ? own.data[i] === value : Math.abs(own.data[i] - value) <= tolerance,
    );
  });
}

/**
 * Follows all states that a memory may have been in; returns what cannot be explained.
 *
 * @param losses - how often a context was lost in all
 */
export function replay({ model, log, disposed }, losses) {
  const kind = KINDS[model.kind];
  const initial = kind.initial ?? [];
  let states = [initial];
  const wrong = [];
  const unique = (list) => [...new Map(list.map((state) => [state.join(), state])).values()];
  for (const [index, entry] of log.entries()) {
    const { what, use, failed, error, value } = entry;
    const after = () => (entry.do === "run" ? states.map(use.next) : states);
    if (failed) {
      const later = log.slice(index + 1);
      const why = explained({ entry, later, model, disposed, losses, kind });
      if (!why) wrong.push(`${what} failed: ${error?.code} ${error?.name} ${error?.message ?? error}`);
      else if (why === "either") states = unique([...states, ...after()]);
      else if (why === "lost") states = unique([...states, ...after(), initial]);
    } else if (entry.wrong) {
      wrong.push(`${what} was wrong, and gave ${Object.keys(value ?? {})}`);
    } else if (entry.do === "reset") states = [initial];
    else if (entry.do === "restore") states = kind.state ? [[...entry.states[kind.state].data]] : [initial];
    else if (entry.do === "save") {
      const saved = value[kind.state]?.data;
      const fits = states.filter((state) => (saved ? state.join() === saved.join() : state === initial));
      if (fits.length === 0) wrong.push(`${what} gave ${saved}, not one of ${states.join(" | ")}`);
      else states = fits;
    } else {
      const known = entry.keptAs?.read ? { ...value, [entry.keep[0]]: entry.keptAs.read } : value;
      const fits = states.filter((state) => sameTensors(known, use.outputs(state)));
      if (fits.length === 0) {
        const outputs = Object.values(known).map((tensor) => ("read" in tensor ? "kept" : tensor.data));
        const wanted = states.map((state) => Object.values(use.outputs(state)).map(({ data }) => data));
        wrong.push(`${what} gave ${outputs.join(" ; ")}, not one of ${wanted.join(" | ")}`);
      } else states = unique(fits.map(use.next));
    }
  }
  return wrong;
}

/**
 * Why a call may have failed so: "not begun" (or nothing can follow), "either" (perhaps it was finished), "lost" (with what
 * was remembered).
 */
function explained({ entry, later, model, disposed, losses, kind }) {
  const { error, aborted, reason, latest, wrong, kept } = entry;
  const lost = losses - entry.losses + (model.losses < losses ? 1 : 0);
  if (aborted && error === reason) return "either";
  if (model.aborted && error === model.reason && (model.streaming || losses > 0)) return "lost";
  switch (error?.code) {
    case wrong:
      return "not begun";
    case "superseded":
      return latest && later.some((each) => each.latest) && "not begun";
    case "disposed":
      return (model.disposed || disposed || kept?.disposed || kept?.model.disposed) && "not begun";
    case "stopped":
      return model.kind === "loop" && (aborted || model.disposed) && "either";
    case "state-lost":
      return losses > 0 && (kept || kind.state) && "lost";
    case "context-lost":
      return lost > 0 && losses > (entry.do === "run" ? 1 : 0) && "lost";
    default:
      return null;
  }
}
