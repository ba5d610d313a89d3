"""Random numbers, which are the same at every run."""

from __future__ import annotations

from texelflow.importers.tensorflow.lowering import Lowering, lowers

OPERATORS = {
    "RandomUniform": "RandomUniformLike",
    "RandomStandardNormal": "RandomNormalLike",
    "TruncatedNormal": "",
    "StatelessRandomUniform": "RandomUniformLike",
    "StatelessRandomUniformV2": "RandomUniformLike",
    "StatelessRandomNormal": "RandomNormalLike",
    "StatelessRandomNormalV2": "RandomNormalLike",
}


@lowers(*OPERATORS, inputs=(1, 4))
def random(steps: Lowering) -> None:
    """Uniform numbers from 0 to before 1, or normal ones."""
    operator = OPERATORS[steps.node.operator]
    dtype = str(steps.attribute("dtype", "float32"))
    if not operator or dtype not in ("float32", "float16"):
        raise steps.fail(f"random numbers of this kind ({dtype}) are not supported")
    shape = steps.as_int64("shape", steps.input(0))
    like = steps.add("Expand", "like", steps.scalar("zero", dtype, 0), shape)
    steps.add(operator, steps.result, like)
