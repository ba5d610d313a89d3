"""Writes tfjs.json.xz: layers models of TF.js whose layers see a mask, and what TF.js computes.

Run by hand; FOLDER has the npm package @tensorflow/tfjs (4.22):

    python tests/importers/tensorflow_files/write_tfjs.py FOLDER
"""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import packed_arrays

HERE = Path(__file__).parent


def main() -> None:
    script = ["node", str(HERE / "write_tfjs.mjs"), str(Path(sys.argv[1]).resolve())]
    found = json.loads(subprocess.run(script, check=True, capture_output=True, text=True).stdout)
    files: dict[str, np.ndarray] = {}
    for name, case in found.items():
        manifest = [{"paths": ["weights.bin"], "weights": case["specs"]}]
        model = {"format": "layers-model", "modelTopology": case["topology"], "weightsManifest": manifest}
        label = f"tfjs_{name}"
        files[f"{label}/files/model.json"] = np.frombuffer(json.dumps(model).encode(), np.uint8)
        files[f"{label}/files/weights.bin"] = np.frombuffer(base64.b64decode(case["weights"]), np.uint8)
        files[f"{label}/in/0"] = np.array(case["words"], np.int32)
        for index, (shape, numbers) in enumerate(case["results"]):
            files[f"{label}/out/{index}"] = np.array(numbers, np.float32).reshape(shape)
    packed_arrays.save(HERE / "tfjs.json.xz", files)


if __name__ == "__main__":
    main()
