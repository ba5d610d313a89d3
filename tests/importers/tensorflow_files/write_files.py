"""Writes operators.json.xz: small graphs of TensorFlow's operators, inputs, and what TensorFlow computes.

Run by hand, where `tensorflow-cpu` (2.21) is installed; nothing else needs it:

    python tests/importers/tensorflow_files/write_files.py
"""

from __future__ import annotations

from pathlib import Path

import packed_arrays
from case_writing import files
from control_writing import colours, control, images, various
from elementwise_writing import elementwise
from matrix_writing import cells, detections, matrices, segments
from movement_writing import gathers, reductions, shapes, slices
from product_writing import convolutions, fused, products


def main() -> None:
    for write in (
        elementwise,
        products,
        convolutions,
        fused,
        reductions,
        shapes,
        slices,
        gathers,
        images,
        various,
        control,
        colours,
        matrices,
        segments,
        cells,
        detections,
    ):
        write()
    path = Path(__file__).parent / "operators.json.xz"
    packed_arrays.save(path, files)
    names = {name.split("/")[0] for name in files}
    print(len(names), "cases,", path.stat().st_size, "bytes")


if __name__ == "__main__":
    main()
