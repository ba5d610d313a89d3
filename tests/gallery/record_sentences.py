"""Write recorded_sentences.json: how alike WordLlama finds the sentences of each text to the first of them.

In an environment of its own, since the tests need none of it:

    pip install wordllama==0.4.0.post1
    python tests/gallery/record_sentences.py
"""

from __future__ import annotations

import json
from pathlib import Path

import wordllama

TEXTS = {
    "cats": ["A cat sleeps on the sofa.", "The kitten naps.", "Shares fell in New York.", "My dog barks."],
    "weather": [
        "It will rain all day tomorrow.",
        "The forecast says showers for Tuesday.",
        "He plays the violin in an orchestra.",
        "Sunshine and clear skies are expected.",
    ],
    "cooking": [
        "Peel the potatoes and boil them in salted water.",
        "Cook the pasta for nine minutes.",
        "The match ended in a draw.",
        "The bridge was built in 1883.",
    ],
    "accents": ["Où est la gare ?", "Der Zug fährt um zwölf ab.", "Die Straße ist gesperrt – 100 %!"],
    "signs": [
        "def add(a, b): return a + b",
        "function sum(x, y) { return x + y; }",
        "日本語の文章です。",
        "🙂🙃",
    ],
    "nothing alike": [
        "Photosynthesis turns light into sugar.",
        "He owes me twelve dollars.",
        "Knit two, purl two.",
    ],
}


def main() -> None:
    """Record the cosine of each other sentence of a text with the first."""
    # The package has its tokenizer where it looks for downloaded ones.
    folder = Path(wordllama.__file__).parent
    model = wordllama.WordLlama.load(cache_dir=folder, disable_download=True)
    recorded = {}
    for name, sentences in TEXTS.items():
        vectors = model.embed(sentences, norm=True)
        recorded[name] = [
            {"text": text, "cosine": round(float(vector @ vectors[0]), 5)}
            for text, vector in zip(sentences, vectors, strict=True)
        ]
        print(name, [one["cosine"] for one in recorded[name]])
    target = Path(__file__).parent / "recorded_sentences.json"
    target.write_text(json.dumps(recorded, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
