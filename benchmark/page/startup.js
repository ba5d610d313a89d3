// From navigation to the first result of one net on one runtime: `startup.html?net=NAME&runtime=NAME`.
// `benchmark/measuring/startup.py` and `counting.py` wait for `window.outcome` and call `window.firstError` and `window.again`.
import { loadNet, relativeError } from "./net.js";
import { RUNTIMES } from "./runtimes/index.js";

const parameters = new URLSearchParams(location.search);
const name = parameters.get("net");

try {
  const [net, { open }] = await Promise.all([
    loadNet(name, { outputs: false }),
    RUNTIMES[parameters.get("runtime")](),
  ]);
  const opened = await open(net);
  const loaded = performance.now();
  const result = await opened.run();
  const firstResult = performance.now();
  // The first result's relative error; what it is compared with is downloaded only now.
  window.firstError = async () => relativeError(await loadNet(name), opened.values(result));
  window.again = async () => void (await opened.run());
  // All in milliseconds since the navigation began.
  window.settle.resolve({
    loaded,
    firstResult,
    lastByte: lastByteOfTheModel(),
    timings: opened.timings?.() ?? null,
    device: opened.device ?? null,
  });
} catch (error) {
  window.settle.reject(error);
}

/** When the last byte of the model's files came. The sample inputs, which lie beside them, do not count. */
function lastByteOfTheModel() {
  const folder = new URL(`nets/${name}/`, document.baseURI).href;
  const ends = performance
    .getEntriesByType("resource")
    .filter(
      (entry) => entry.name.startsWith(folder) && !/\/(net\.json|(input|output)\.[^/]*)$/.test(entry.name),
    )
    .map((entry) => entry.responseEnd);
  return Math.max(...ends);
}
