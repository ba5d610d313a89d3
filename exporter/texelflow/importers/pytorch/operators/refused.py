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
    "istft",
    "fft_fft2",
    "fft_ifft2",
    "fft_fftn",
    "fft_rfft2",
    "fft_irfft2",
    reason="it is a transform that is made of others: program.run_decompositions() replaces it by these,"
    " before torch.export.save",
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
