import { useEffect, useState } from "react";
import { loadModel } from "texelflow/worker";

const NOTHING = { model: null, problem: null };

/**
 * Loads a bundle in a worker, and gives its memory back when the component goes.
 * @param {string} url of the bundle's folder
 * @returns {{ model: import("texelflow/worker").WorkerModel | null, problem: Error | null }} both null while it loads
 */
export function useModel(url) {
  const [state, setState] = useState(NOTHING);
  useEffect(() => {
    const controller = new AbortController();
    const loading = loadModel(url, { signal: controller.signal });
    loading.then(
      (model) => controller.signal.aborted || setState({ model, problem: null }),
      (problem) => controller.signal.aborted || setState({ model: null, problem }),
    );
    return () => {
      controller.abort();
      loading.then(
        (model) => model.dispose(),
        () => {},
      );
      setState(NOTHING);
    };
  }, [url]);
  return state;
}
