"""Write into recorded_gallery.json what RapidOCR reads in the pictures of text recognition, with the entry's
own models.

In an environment of its own, since the tests need none of it, and since RapidOCR wants another NumPy than
MediaPipe:

    pip install rapidocr==3.10.0 onnxruntime pillow
    python tests/gallery/record_texts.py PICTURES

PICTURES is as for record_gallery.py. RapidOCR makes pictures no smaller than the entry does, and turns no
line around.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
from PIL import Image
from rapidocr import RapidOCR

HERE = Path(__file__).parent
ENTRY = "text-recognition"


def main() -> None:
    """Record the text of each line, how sure it is, and its corners in fractions of the picture."""
    folder = Path(sys.argv[1])
    content = json.loads((HERE / "pictures.json").read_text(encoding="utf-8"))
    side = content["sides"][ENTRY]
    models = folder / "models"
    reader = RapidOCR(
        params={
            "Global.use_cls": False,
            "Det.model_path": str(models / f"{ENTRY}-1.onnx"),
            "Det.limit_side_len": side,
            "Det.use_dilation": False,
            "Rec.model_path": str(models / f"{ENTRY}-2.onnx"),
            "Rec.rec_keys_path": str(models / f"{ENTRY}-2.txt"),
        }
    )
    target = HERE / "recorded_gallery.json"
    recorded = json.loads(target.read_text(encoding="utf-8"))
    recorded[ENTRY] = {}
    for name in content["entries"][ENTRY]:
        picture = np.asarray(Image.open(folder / f"{name}-{side}.png").convert("RGB"))[:, :, ::-1]
        found = reader(np.ascontiguousarray(picture))
        boxes = [] if found.boxes is None else found.boxes
        lines = zip(found.txts or [], found.scores or [], boxes, strict=True)
        recorded[ENTRY][name] = [
            {
                "text": text,
                "score": round(float(score), 3),
                "corners": (np.array(corners) / side).round(4).tolist(),
            }
            for text, score, corners in lines
        ]
        print(name, [line["text"] for line in recorded[ENTRY][name]])
    text = json.dumps(recorded).replace('}, "', '},\n"').replace('], "', '],\n"')
    target.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
