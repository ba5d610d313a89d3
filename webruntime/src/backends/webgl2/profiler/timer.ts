import { breathe, tick } from "../../../wait/tasks.ts";
import type { Context } from "../gl/context.ts";
import { readTexels } from "../gl/readback.ts";
import type { ArrayTexture } from "../gl/texture.ts";
import type { PlacedTensor } from "../run/draws.ts";

/** Measures how long the GPU works. */
interface Timer {
  readonly method: "timer query" | "fence";
  /**
   * Median milliseconds of one call of `issue` over `runs` measurements.
   *
   * @param issue - issues draws, the last of them into `result`; called more often than `runs`
   */
  time(issue: () => void, result: PlacedTensor, runs: number): Promise<number>;
}

/** A measurement repeats short draws until it takes so many milliseconds: clocks of browsers are coarse. */
const LEAST_MILLISECONDS = 4;

const MOST_REPEATS = 256;

/** Measurements that the GPU may declare void (for having changed its clock, say) before they are taken as they are. */
const MOST_DISJOINT = 5;

const TIME_ELAPSED = 0x88bf;
const GPU_DISJOINT = 0x8fbb;

/** The GPU's own clock where the browser shows it, else the page's. */
export function chooseTimer(context: Context): Timer {
  const hasQueries = context.gl.getExtension("EXT_disjoint_timer_query_webgl2") !== null;
  const measure = hasQueries ? byQuery : byFence;
  return {
    method: hasQueries ? "timer query" : "fence",
    async time(issue, { texture }, runs) {
      const repeat = (count: number) => {
        for (let index = 0; index < count; index++) issue();
      };
      let repeats = 1;
      let total = await measure(context, () => repeat(1), texture as ArrayTexture);
      while (total < LEAST_MILLISECONDS && repeats < MOST_REPEATS && !context.isLost) {
        repeats *= 2;
        total = await measure(context, () => repeat(repeats), texture as ArrayTexture);
      }
      const samples: number[] = [];
      for (let run = 0; run < runs && !context.isLost; run++) {
        samples.push((await measure(context, () => repeat(repeats), texture as ArrayTexture)) / repeats);
      }
      return median(samples);
    },
  };
}

/** From an idle GPU to the arrival of one pixel, less what that takes alone. */
async function byFence(context: Context, issue: () => void, texture: ArrayTexture): Promise<number> {
  await breathe();
  const pixel = texture.isInteger ? new Int32Array(4) : new Float32Array(4);
  const wait = () => readTexels(context, texture, 0, 1, 1, pixel);
  wait();
  const start = performance.now();
  wait();
  const idle = performance.now();
  issue();
  wait();
  return Math.max(0, performance.now() - idle - (idle - start));
}

async function byQuery(context: Context, issue: () => void): Promise<number> {
  const { gl } = context;
  for (let attempt = 1; ; attempt++) {
    const query = gl.createQuery();
    gl.getParameter(GPU_DISJOINT);
    gl.beginQuery(TIME_ELAPSED, query);
    issue();
    gl.endQuery(TIME_ELAPSED);
    gl.flush();
    do {
      // Results never arrive within the task that asked.
      await tick();
    } while (!context.isLost && !gl.getQueryParameter(query, gl.QUERY_RESULT_AVAILABLE));
    const nanoseconds: number = gl.getQueryParameter(query, gl.QUERY_RESULT) ?? 0;
    gl.deleteQuery(query);
    const isVoid = gl.getParameter(GPU_DISJOINT) && !context.isLost;
    if (!isVoid || attempt === MOST_DISJOINT) return nanoseconds / 1e6;
  }
}

function median(samples: number[]): number {
  const sorted = samples.sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 ? upper : (upper + (sorted[middle - 1] ?? 0)) / 2;
}
