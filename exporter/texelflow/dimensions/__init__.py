"""Dimensions: extents of tensors as numbers or expressions over symbols, and what can be proved of them.

Symbols stand for extents of tensors: they are at least 0, or what the current `Facts` say of them. Of two
dimensions one can ask three things: whether they are `proved_equal`, whether they are `proved_different`, or
neither, which says that a run decides.
"""

from texelflow.dimensions.assumptions import Facts, assuming, canonical, current_facts
from texelflow.dimensions.bounds import is_positive, lower_bound
from texelflow.dimensions.expressions import (
    Atom,
    Dimension,
    Expression,
    Monomial,
    Operand,
    SizeError,
    common_factor,
    floor_divide,
    from_terms,
    key_of,
    opaque,
    product,
    remainder,
    symbol,
    symbols_of,
    terms_of,
    to_json,
)
from texelflow.dimensions.operations import (
    broadcast,
    equal,
    less,
    maximum,
    minimum,
    number_at,
    select,
    substitute,
)
from texelflow.dimensions.proofs import proved_different, proved_equal, same_shape

__all__ = [
    "Atom",
    "Dimension",
    "Expression",
    "Facts",
    "Monomial",
    "Operand",
    "SizeError",
    "assuming",
    "broadcast",
    "canonical",
    "common_factor",
    "current_facts",
    "equal",
    "floor_divide",
    "from_terms",
    "is_positive",
    "key_of",
    "less",
    "lower_bound",
    "maximum",
    "minimum",
    "number_at",
    "opaque",
    "product",
    "proved_different",
    "proved_equal",
    "remainder",
    "same_shape",
    "select",
    "substitute",
    "symbol",
    "symbols_of",
    "terms_of",
    "to_json",
]
