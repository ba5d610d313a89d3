// What measured_bundle.py asks of the page. Needs bundle_runner.js.
(() => {
  const RUNS = 3;
  const SLOW_MILLISECONDS = 200;

  /** Watches how long the page keeps a timer waiting; `longest` gives the milliseconds since the last call. */
  function watchPauses() {
    let last = performance.now();
    let longest = 0;
    const look = () => {
      const now = performance.now();
      longest = Math.max(longest, now - last);
      last = now;
    };
    const timer = setInterval(look, 1);
    return {
      take() {
        look();
        const taken = longest;
        longest = 0;
        return taken;
      },
      stop: () => clearInterval(timer),
    };
  }

  async function timed(action) {
    const start = performance.now();
    const value = await action();
    return [performance.now() - start, value];
  }

  const median = (numbers) => numbers.toSorted((a, b) => a - b)[numbers.length >> 1];

  globalThis.measure = {
    /** Loads a bundle and runs it on each of `runs`, then on the first of them again and again. */
    async bundle({ url, runs }) {
      const feeds = runs.map(bundleRunner.decodeAll);
      const pauses = watchPauses();
      try {
        const [loading, model] = await timed(() => texelflow.loadModel(url));
        const loadingPause = pauses.take();
        const outputs = [];
        const [firstRun, first] = await timed(() => model.run(feeds[0]));
        const firstRunPause = pauses.take();
        outputs.push(first);
        for (const more of feeds.slice(1)) outputs.push(await model.run(more));
        const times = [];
        for (let count = 0; count < RUNS; count++) {
          const [time, last] = await timed(() => model.run(feeds[0]));
          times.push(time);
          if (count === RUNS - 1) outputs.push(last);
        }
        model.dispose();
        const figures = { loading, loadingPause, firstRun, firstRunPause, run: median(times) };
        return { figures, device: model.device, outputs: outputs.map(bundleRunner.encodeAll) };
      } finally {
        pauses.stop();
      }
    },

    /** Times runs of a bundle before and after some that reading the results made slow. */
    async afterSlowRuns({ url, feeds, slow, runs }) {
      const inputs = bundleRunner.decodeAll(feeds);
      const model = await texelflow.loadModel(url);
      const run = async () => (await timed(() => model.run(inputs)))[0];
      const several = async (count) => {
        const times = [];
        while (times.length < count) times.push(await run());
        return times;
      };
      await several(5);
      const before = median(await several(runs));
      const { readPixels } = WebGL2RenderingContext.prototype;
      WebGL2RenderingContext.prototype.readPixels = function (...parameters) {
        const end = performance.now() + SLOW_MILLISECONDS;
        while (performance.now() < end);
        readPixels.apply(this, parameters);
      };
      await several(slow);
      WebGL2RenderingContext.prototype.readPixels = readPixels;
      await several(2);
      const after = median(await several(runs));
      model.dispose();
      return { before, after };
    },
  };
})();
