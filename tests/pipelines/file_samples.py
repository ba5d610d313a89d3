"""Files whose type the gallery's entry is tested on: texts and archives as people have them, made here."""

from __future__ import annotations

import io
import json
import zipfile
import zlib

import numpy as np


def _archive() -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name in ("one.txt", "two.txt"):
            member = zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0))
            archive.writestr(member, "A line of text.\n" * 40)
    return content.getvalue()


def _picture() -> bytes:
    rows = np.random.default_rng(4).integers(0, 255, (32, 1 + 32 * 3)).astype(np.uint8)
    rows[:, 0] = 0

    def chunk(name: bytes, data: bytes) -> bytes:
        return len(data).to_bytes(4, "big") + name + data + zlib.crc32(name + data).to_bytes(4, "big")

    header = (32).to_bytes(4, "big") * 2 + bytes([8, 2, 0, 0, 0])
    parts = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows.tobytes())) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


SAMPLES: dict[str, bytes] = {
    "Python": b"\n\n  "
    + b"import sys\n\n\ndef main() -> int:\n    print(sys.argv)\n    return 0\n\n\nmain()\n" * 9,
    "JavaScript": b"export const sum = (a, b) => a + b;\nconsole.log(sum(1, 2));\n" * 30 + b" \t\n" * 90,
    "Markdown": b"# Title\n\nSome *text* with a [link](https://example.org).\n\n- one\n- two\n\n" * 80,
    "JSON": json.dumps({"name": "x", "numbers": list(range(3000)), "deep": {"a": [True, None]}}).encode(),
    "zip": _archive(),
    "PNG": _picture(),
    "CSV": b"id,name,price\n" + b"".join(b"%d,item %d,%d.50\n" % (n, n, n * 3) for n in range(400)),
    "chance": np.random.default_rng(9).integers(0, 256, 3000).astype(np.uint8).tobytes(),
}
