"""Counting sequences of numbers: TfIdfVectorizer."""

from __future__ import annotations

from typing import Any

from kernels.sheet import Sheet


def counted_sequences() -> Sheet:
    """Sequences of one to three numbers, with gaps, in rows of a free length, too short ones among them."""
    sizes = [{"rows": 3, "length": 12}, {"rows": 1, "length": 1}, {"rows": 2, "length": 5}]
    sheet = Sheet("counted sequences", sizes=sizes)
    free, row = sheet.input(["rows", "length"], "int64", 0, 4), sheet.input([40], "int32", 0, 4)
    pool = {
        "ngram_counts": [0, 3, 11],
        "pool_int64s": [2, 3, 0, *(0, 1, 1, 1, 2, 3, 3, 2), *(1, 2, 3, 0, 0, 1, 2, 2, 2)],
    }
    columns = [3, 0, 7, 9, 2, 1, 4, 5, 6, 8]
    shared = [*columns[:-2], 3, 8]  # two share a column, and one has none
    weights = [0.5 * number - 1 for number in range(10)]
    for mode in ("TF", "IDF", "TFIDF"):
        for least, most, skips in ((1, 3, 2), (2, 2, 0), (1, 1, 3), (2, 3, 1)):
            sheet.case(f"{mode}, {least} to {most}, {skips} skipped")
            how: dict[str, Any] = {
                "min_gram_length": least,
                "max_gram_length": most,
                "max_skip_count": skips,
                "mode": mode,
            }
            how["ngram_indexes"] = columns if mode == "IDF" else shared
            for x, label in ((free, "rows"), (row, "a row")):
                sheet.output(sheet.node("TfIdfVectorizer", [x], weights=weights, **how, **pool), label)
    sheet.case("without weights")
    how = {
        "min_gram_length": 1,
        "max_gram_length": 2,
        "max_skip_count": 1,
        "mode": "TFIDF",
        "ngram_indexes": columns,
    }
    sheet.output(sheet.node("TfIdfVectorizer", [free], **how, **pool))
    return sheet
