import { loadModel } from "texelflow";
import { onScopeDispose, shallowRef } from "vue";

/**
 * Loads a bundle, and gives its memory back when the component goes.
 * @param {string} url of the bundle's folder
 * @returns {{ model: import("vue").ShallowRef, problem: import("vue").ShallowRef }} both null while it loads
 */
export function useModel(url) {
  // Shallow: Vue would wrap all that the model has in proxies else, and private fields do not work through them.
  const model = shallowRef(null);
  const problem = shallowRef(null);
  const controller = new AbortController();
  loadModel(url, { signal: controller.signal }).then(
    (loaded) => {
      if (controller.signal.aborted) loaded.dispose();
      else model.value = loaded;
    },
    (error) => {
      problem.value = error;
    },
  );
  onScopeDispose(() => {
    controller.abort();
    model.value?.dispose();
  });
  return { model, problem };
}
