"""Write into recorded_gallery.json what efficientnet-lite-pytorch, whose weights these are, makes of the
pictures of image classification.

In an environment of its own, since the tests need none of it:

    pip install torch efficientnet-lite-pytorch==0.1.0 pillow
    python tests/gallery/record_classes.py PICTURES

PICTURES is as for record_gallery.py.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import torch
from efficientnet_lite_pytorch import EfficientNet
from PIL import Image

HERE = Path(__file__).parent
ENTRY = "image-classes"
SIDE, SHOWN = 224, 5


def main() -> None:
    """Record the likeliest classes of the middle of each picture, with their probabilities."""
    folder = Path(sys.argv[1])
    content = json.loads((HERE / "pictures.json").read_text(encoding="utf-8"))
    weights = str(folder / "models" / f"{ENTRY}-1.pth")
    network = EfficientNet.from_pretrained("efficientnet-lite0", weights_path=weights).eval()
    edge = (content["sides"][ENTRY] - SIDE) // 2
    target = HERE / "recorded_gallery.json"
    recorded = json.loads(target.read_text(encoding="utf-8"))
    recorded[ENTRY] = {}
    for name in content["entries"][ENTRY]:
        picture = Image.open(folder / f"{name}-{content['sides'][ENTRY]}.png").convert("RGB")
        middle = np.asarray(picture.crop((edge, edge, edge + SIDE, edge + SIDE)), np.float32)
        given = torch.from_numpy((middle - 127) / 128).permute(2, 0, 1)[None]
        with torch.no_grad():
            shares = torch.softmax(network(given)[0], 0)
        found = torch.topk(shares, SHOWN)
        recorded[ENTRY][name] = [
            [int(index), round(float(share), 4)]
            for share, index in zip(found.values, found.indices, strict=True)
        ]
    text = json.dumps(recorded).replace('}, "', '},\n"').replace('], "', '],\n"')
    target.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
