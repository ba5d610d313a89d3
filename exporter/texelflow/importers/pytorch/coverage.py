"""Which operators of PyTorch can be read; of its core set and those that usual modules have, which cannot."""

from __future__ import annotations

from texelflow.importers.lowering import typed_lowering
from texelflow.importers.pytorch.lowering import ATEN
from texelflow.importers.pytorch.operators import load
from texelflow.importers.pytorch.walk import BRANCHES, CHECKS, WRAPPERS

TITLE = "PyTorch: programs of torch.export (.pt2)"

_OTHERS = ("torchvision", "torch", "_operator", "math")

_KNOWN = """
_embedding_bag _fft_c2r _fft_r2c _pdist_forward bernoulli bincount cummax cummin embedding_bag empty_strided
fft_fft fft_rfft higher_order::associative_scan higher_order::flex_attention higher_order::map_impl
higher_order::scan higher_order::while_loop histc linalg_inv_ex linalg_solve_ex lstm.data gru.data
masked_scatter max_unpool2d mode multinomial randint randperm resize_ scatter_reduce.two_mean stft istft
sym_storage_offset sym_stride.int torchvision::deform_conv2d torchvision::ps_roi_align unique_consecutive
unique_dim _unique2
"""


def supported() -> list[str]:
    """Return the operators that are read, by name; those in place (`relu_`) are with the others."""
    load()
    found = {*typed_lowering.supported(ATEN), *CHECKS}
    for domain in _OTHERS:
        found |= {f"{domain}::{name}" for name in typed_lowering.supported(domain)}
    return sorted(found | {f"higher_order::{name}" for name in (*WRAPPERS, *BRANCHES)})


def missing() -> list[str]:
    """Return those known that are not read, by name."""
    return sorted({*_KNOWN.split()} - {*supported(), *refused()})


def refused() -> dict[str, str]:
    """Return why operators are refused."""
    load()
    found = typed_lowering.refusals(ATEN)
    for domain in _OTHERS:
        found |= {f"{domain}::{name}": why for name, why in typed_lowering.refusals(domain).items()}
    return found
