"""The types of the package hold for an app that checks all it can, however it finds packages."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

from browser_support import REPOSITORY

PROGRAM = """
import { type LoadOptions, loadModel, type RunOptions, Tensor, TexelflowError } from "texelflow";
import { checkDevice } from "texelflow/check";
import * as debug from "texelflow/debug";
import { logMel, sample, type SamplingOptions, stft } from "texelflow/ends";
import * as ort from "texelflow/ort";
import { type Classification, type Detection, pipeline } from "texelflow/pipeline";
import { loadTokenizer } from "texelflow/text";
import * as tfjs from "texelflow/tfjs";
import { loadModel as loadInWorker, type WorkerModel } from "texelflow/worker";
import "texelflow/iife";

declare const photo: HTMLImageElement;

// What a component is given, or not, it passes on.
export async function component(given: {
  signal?: AbortSignal;
  onProgress?: LoadOptions["onProgress"];
  keep?: readonly "y"[];
  top?: number;
  worker?: boolean;
}) {
  const { signal, onProgress, keep, top, worker } = given;
  const options: LoadOptions = { signal, onProgress, cache: undefined, fetch: undefined, device: undefined };
  const model = await loadModel("bundle/", options);
  const run: RunOptions<"y"> = { signal, keep, latest: undefined };
  const x = new Tensor("float32", [1], new Float32Array(1));
  const other: WorkerModel = await loadInWorker("bundle/", { ...options, streaming: undefined });
  await Promise.all([model.run({ x }, run), other.run({ x }, { signal })]);
  const sampling: SamplingOptions = { temperature: top, topK: top, topP: undefined, random: undefined };
  const token: number = sample([1, 2], sampling);
  const { frames } = stft(new Float32Array(64), { fft: 8, hop: top, window: undefined });
  logMel(new Float32Array(64), { fft: 8, hop: 4, mels: 4, rate: 8, power: top, log: undefined });
  const classify = await pipeline("image-classification", "bundle/", { worker, signal, labels: undefined });
  const [first]: Classification[] = await classify(photo, { top_k: top, signal });
  const both: Classification[][] = await classify([photo, "photo.png"], { top_k: null });
  const detect = await pipeline("object-detection", "bundle/", { tokenizer: undefined });
  const found: Detection[] = await detect(photo, { threshold: top, percentage: worker });
  const judge = await pipeline("sentiment-analysis", "bundle/");
  const judged: Classification[] = await judge(["one", "two"]);
  const task: "text-classification" = judge.task;
  const write = await pipeline("text-generation", "bundle/");
  const [{ generated_text }] = await write([{ role: "user", content: "Hi" }], { signal });
  const texts = await write(["one", "two"]);
  // @ts-expect-error there is no such task
  await pipeline("zero-shot", "bundle/");
  // @ts-expect-error a number is no picture
  await classify([1]);
  return [token, frames, first, both, found, judged, task, generated_text, texts.length];
}

export function told(error: unknown): string {
  if (!(error instanceof TexelflowError)) throw error;
  switch (error.code) {
    case "no-webgl2":
      return "This page needs WebGL2.";
    case "network":
      return `${error.file} did not come.`;
    // @ts-expect-error there is no such code
    case "nothing":
    default:
      return error.message;
  }
}

export const all = [checkDevice, debug.loadModel, ort.InferenceSession, loadTokenizer, tfjs.loadGraphModel];
"""

OPTIONS = {
    "strict": True,
    "exactOptionalPropertyTypes": True,
    "noUncheckedIndexedAccess": True,
    "noPropertyAccessFromIndexSignature": True,
    "verbatimModuleSyntax": True,
    "isolatedModules": True,
    "skipLibCheck": False,
    "noEmit": True,
    "target": "es2022",
    "lib": ["es2022", "dom", "dom.iterable"],
    "types": [],
}
WAYS = {
    "bundler": ("esnext", "bundler"),
    "nodenext": ("nodenext", "nodenext"),
}


@pytest.mark.parametrize("way", WAYS)
def test_types(app: Path, way: str) -> None:
    folder = app / f"types-{way}"
    folder.mkdir()
    (folder / "program.ts").write_text(PROGRAM, encoding="utf-8")
    module, resolution = WAYS[way]
    options = {**OPTIONS, "module": module, "moduleResolution": resolution}
    config = {"compilerOptions": options, "files": ["program.ts"]}
    (folder / "tsconfig.json").write_text(json.dumps(config), encoding="utf-8")
    compiler = REPOSITORY / "node_modules/.bin/tsc"
    compiled = subprocess.run([compiler, "-p", folder], capture_output=True, text=True, check=False)
    assert (compiled.stdout, compiled.returncode) == ("", 0)


def test_what_may_be_left_out_may_be_undefined() -> None:
    """With `exactOptionalPropertyTypes`, who passes on an option that may be undefined is refused else."""
    seen = 0
    for path in (REPOSITORY / "dist").glob("*.d.ts"):
        text = path.read_text(encoding="utf-8")
        for name, body in re.findall(
            r"^interface ((?!Test)\w*Options)\b[^{]*\{\n(.*?)^\}", text, re.MULTILINE | re.DOTALL
        ):
            for line in re.findall(r"^    (?:readonly )?\w+\?: .*;$", body, re.MULTILINE):
                assert line.endswith("| undefined;"), f"{path.name}: {name}: {line}"
                seen += 1
    assert seen > 60
