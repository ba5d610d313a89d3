"""The operators of StableHLO, which files that were converted from JAX or PyTorch may have.

They mean what https://openxla.org/stablehlo/spec says: nothing is broadcast, axes are numbered by options,
and a subgraph says how two numbers are joined, or which of two comes first (`joining.py`).
"""
