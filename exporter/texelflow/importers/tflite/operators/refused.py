"""Operators that cannot be computed, and what to do instead."""

from __future__ import annotations

from texelflow.importers.lowering.typed_lowering import refuse
from texelflow.importers.tflite.operators import DOMAIN

_OF_TEXTS = "it is of texts: look words up in the page, and give the model their numbers"

refuse(
    DOMAIN,
    (
        *("HASHTABLE", "HASHTABLE_FIND", "HASHTABLE_IMPORT", "HASHTABLE_LOOKUP", "HASHTABLE_SIZE"),
        *("LSH_PROJECTION", "SKIP_GRAM"),
    ),
    _OF_TEXTS,
)
refuse(
    DOMAIN,
    ("STABLEHLO_RNG_BIT_GENERATOR",),
    "its bits follow from products of 64-bit integers, which are not computed: give the model random numbers"
    " as an input",
)
refuse(
    DOMAIN,
    ("STABLEHLO_CUSTOM_CALL",),
    "what it calls is a part of the program that wrote the file: convert the model without it",
)
refuse(
    DOMAIN,
    ("MULTINOMIAL",),
    "it draws its result at random: return what it draws from, and choose in the page",
)
