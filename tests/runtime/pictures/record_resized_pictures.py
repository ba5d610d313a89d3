"""Record what OpenCV and TensorFlow make of small generated pictures, in resized_pictures.json.

They are too large to install for the tests:

    pip install numpy opencv-python-headless tensorflow-cpu
    python tests/runtime/pictures/record_resized_pictures.py
"""

import json
from pathlib import Path

import numpy as np
from resized_pictures import RECORDED, SIZES, picture


def main() -> None:
    """Write the file."""
    import cv2
    import tensorflow as tf

    makers = {
        "opencv-bilinear": lambda pixels, size: cv2.resize(pixels, size, interpolation=cv2.INTER_LINEAR),
        "opencv-bicubic": lambda pixels, size: cv2.resize(pixels, size, interpolation=cv2.INTER_CUBIC),
        "opencv-area": lambda pixels, size: cv2.resize(pixels, size, interpolation=cv2.INTER_AREA),
    }
    for name in ("nearest", "bilinear", "bicubic", "bilinear-antialias", "bicubic-antialias"):
        method, _, antialias = name.partition("-")
        makers[f"tf-{name}"] = lambda pixels, size, method=method, antialias=antialias: tf.image.resize(
            pixels, size[::-1], method, antialias=bool(antialias)
        )
    results = {
        name: [np.round(np.asarray(make(picture(*own), size))[:, :, 0], 2).tolist() for own, size in SIZES]
        for name, make in makers.items()
    }
    versions = {"opencv": cv2.__version__, "tensorflow": tf.__version__}
    Path(RECORDED).write_text(json.dumps({"versions": versions, "results": results}) + "\n")


if __name__ == "__main__":
    main()
