"""Operators that cannot be supported, and what to do instead."""

from __future__ import annotations

from texelflow.importers.pytorch.lowering import refuses

refuses(
    "multinomial",
    "bernoulli",
    "bernoulli.p",
    "normal.Tensor_Tensor",
    "normal_functional",
    "poisson",
    "randint",
    "randint.low",
    "randperm",
    "uniform",
    "exponential",
    reason="it is random: draw the numbers in the page and make them an input",
)
refuses(
    "stft",
    "istft",
    "_fft_r2c",
    "_fft_c2r",
    "_fft_c2c",
    "fft_fft",
    "fft_ifft",
    "fft_rfft",
    "fft_irfft",
    "fft_fft2",
    "fft_rfft2",
    "view_as_complex",
    "view_as_real",
    "complex",
    "polar",
    "real",
    "imag",
    reason="its numbers are complex, which is not supported: write it by sines and cosines of real numbers",
)
refuses(
    "_unique2",
    "unique_dim",
    "unique_consecutive",
    "histc",
    "bincount",
    "masked_scatter",
    reason="the size or order of its result depends on data, which is not supported: do that in the page",
)
refuses(
    "linalg_inv_ex",
    "linalg_eigh",
    "linalg_svd",
    "linalg_qr",
    "_linalg_svd",
    "_linalg_solve_ex",
    "linalg_lu_factor_ex",
    "linalg_cholesky_ex",
    "_linalg_det",
    "triangular_solve",
    reason="it solves or decomposes matrices, which is not supported: do that where the model is made, or in"
    " the page",
)
