"""Write into recorded_gallery.json what RapidOCR reads in the pictures of text recognition, and what
RapidLayout finds in those of page layout, with the entries' own models.

In an environment of its own, since the tests need none of it, and since these want another NumPy than
MediaPipe:

    pip install rapidocr==3.10.0 rapid-layout==1.2.1 onnxruntime pillow
    python tests/gallery/record_texts.py PICTURES

PICTURES is as for record_gallery.py. RapidOCR makes pictures no smaller than the entry does, and turns no
line around.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from rapid_layout import EngineType, ModelType, RapidLayout, RapidLayoutInput
from rapidocr import RapidOCR

HERE = Path(__file__).parent
CONTENT = json.loads((HERE / "pictures.json").read_text(encoding="utf-8"))
TEXTS, LAYOUT = "text-recognition", "page-layout"
SURE = 0.5
"""The least score of a part of a page that the entry shows."""


def pictures(entry: str, folder: Path) -> Iterator[tuple[str, np.ndarray]]:
    """Each picture of an entry by its name, blue first."""
    for name in CONTENT["entries"][entry]:
        picture = Image.open(folder / f"{name}-{CONTENT['sides'][entry]}.png").convert("RGB")
        yield name, np.ascontiguousarray(np.asarray(picture)[:, :, ::-1])


def texts(folder: Path) -> dict[str, Any]:
    """The text of each line, how sure it is, and its corners in fractions of the picture."""
    side, models = CONTENT["sides"][TEXTS], folder / "models"
    reader = RapidOCR(
        params={
            "Global.use_cls": False,
            "Det.model_path": str(models / f"{TEXTS}-1.onnx"),
            "Det.limit_side_len": side,
            "Det.use_dilation": False,
            "Rec.model_path": str(models / f"{TEXTS}-2.onnx"),
            "Rec.rec_keys_path": str(models / f"{TEXTS}-2.txt"),
        }
    )
    recorded = {}
    for name, picture in pictures(TEXTS, folder):
        found = reader(picture)
        boxes = [] if found.boxes is None else found.boxes
        lines = zip(found.txts or [], found.scores or [], boxes, strict=True)
        recorded[name] = [
            {
                "text": text,
                "score": round(float(score), 3),
                "corners": rounded(corners, side),
            }
            for text, score, corners in lines
        ]
        print(name, [line["text"] for line in recorded[name]])
    return recorded


def layouts(folder: Path) -> dict[str, Any]:
    """The kind of each part, how sure it is, and its edges in fractions of the picture; the surest first."""
    path = str(folder / "models" / f"{LAYOUT}-1.onnx")
    engine = RapidLayout(
        cfg=RapidLayoutInput(
            model_type=ModelType.PP_LAYOUT_CDLA,
            model_dir_or_path=path,
            engine_type=EngineType.ONNXRUNTIME,
            conf_thresh=SURE,
        )
    )
    side = CONTENT["sides"][LAYOUT]
    recorded = {}
    for name, picture in pictures(LAYOUT, folder):
        found = engine(picture)
        parts = zip(found.class_names, found.scores, found.boxes, strict=True)
        recorded[name] = [
            {"label": label.replace("_", " "), "score": round(float(score), 3), "box": rounded(box, side)}
            for label, score, box in sorted(parts, key=lambda part: -part[1])
        ]
        print(name, [(part["label"], part["score"]) for part in recorded[name]])
    return recorded


def rounded(places: Any, side: int) -> Any:
    """Places in fractions of the picture."""
    return (np.asarray(places, np.float64) / side).round(4).tolist()


def main() -> None:
    """Record both."""
    folder = Path(sys.argv[1])
    target = HERE / "recorded_gallery.json"
    recorded = json.loads(target.read_text(encoding="utf-8"))
    recorded |= {TEXTS: texts(folder), LAYOUT: layouts(folder)}
    text = json.dumps(recorded).replace('}, "', '},\n"').replace('], "', '],\n"')
    target.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
