"""Models with free extents, each exported once and run at several sizes, with ONNX Runtime as the judge."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
from playwright.sync_api import Page

from bundle_runner import Answer, Arrays, Series, run_series
from texelflow.errors import ExportError
from texelflow.pipeline import Options, build, write

BATCH = 40

REFUSED_AT_EXPORT = "refused at export"
DEFECT_AT_EXPORT = "defect at export"
REFUSED_AT_RUN = "refused at run"
WRONG_SHAPE = "wrong shape"
WRONG_VALUES = "wrong values"
NOT_REFUSED = "runs where ONNX Runtime refuses"


LIMITS_OF_THE_REFERENCE = re.compile(r"Only N can be zero|Invalid input shape: \{(.*\D)?0\D")
"""Where ONNX Runtime refuses what ONNX defines: an empty image has an empty result. Running it is right."""


WITHOUT_PIXELS = re.compile(r"the extent of axis \d of its output is .* at least 1 is needed")
"""A window that does not fit into its image is refused, where ONNX Runtime may return an empty tensor."""


@dataclass(slots=True, repr=False)
class Trial:
    """A model, and the inputs of its runs.

    Results may differ by `tolerance` of the largest value (of the channel, where outputs have a
    `channel_axis` of different quantities) and by `absolute`. `expected` has the outputs of each run in ONNX
    Runtime; None where it refuses, for `reasons`. `refusal` is why the exporter refuses the model, `defect`
    says that it failed without meaning to.
    """

    name: str
    model: onnx.ModelProto
    feeds: Sequence[Arrays]
    tolerance: float = 1e-4
    absolute: float = 1e-5
    channel_axis: int | None = None
    expected: list[Arrays | None] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)
    refusal: str | None = None
    defect: bool = False
    answers: Sequence[Answer] = ()


@dataclass(frozen=True, slots=True, repr=False)
class Fault:
    """What a trial did wrong, of which kind, at which of its runs (None: at export)."""

    trial: Trial
    kind: str
    text: str
    run: int | None = None

    def __str__(self) -> str:
        if self.run is None:
            return f"{self.trial.name}: {self.kind}: {self.text}"
        shapes = ", ".join(
            f"{name} {list(array.shape)}" for name, array in self.trial.feeds[self.run].items()
        )
        return f"{self.trial.name}: {self.kind} at {shapes}: {self.text}"


def ask_reference(trial: Trial) -> Trial:
    """Run the model in ONNX Runtime, as it is written, on the inputs of each run; return the trial."""
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.log_severity_level = 4
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    trial.expected, trial.reasons = [], []
    try:
        session = onnxruntime.InferenceSession(
            trial.model.SerializeToString(), options, providers=["CPUExecutionProvider"]
        )
    except Exception as error:  # ONNX Runtime's errors have no common class
        trial.expected, trial.reasons = [None] * len(trial.feeds), [str(error)] * len(trial.feeds)
        return trial
    names = [output.name for output in session.get_outputs()]
    for feeds in trial.feeds:
        try:
            results = session.run(names, dict(feeds))
        except Exception as error:
            trial.expected.append(None)
            trial.reasons.append(str(error))
        else:
            trial.expected.append(dict(zip(names, results, strict=True)))
            trial.reasons.append("")
    return trial


def export(trial: Trial, directory: Path) -> None:
    """Export the trial's model to a folder of its name; sets `refusal` and `defect` where that fails."""
    source = directory / f"{trial.name}.onnx"
    source.write_bytes(trial.model.SerializeToString())
    try:
        write(build(source, Options()), directory / trial.name)
    except ExportError as error:
        trial.refusal = "; ".join(error.problems).replace(f"{directory}/", "")
    except Exception as error:
        trial.refusal, trial.defect = f"{type(error).__name__}: {error}", True


def run_trials(
    page: Page,
    url: str,
    directory: Path,
    trials: Sequence[Trial],
    device: Mapping[str, Any] | None = None,
) -> list[Fault]:
    """Export all trials to `directory`, which `url` serves, run them, and return what they do wrong."""
    assert trials, "there is nothing to try"
    for trial in trials:
        export(trial, directory)
    exported = [trial for trial in trials if trial.refusal is None]
    for start in range(0, len(exported), BATCH):
        batch = exported[start : start + BATCH]
        series = [Series(f"{url}/{trial.name}", trial.feeds) for trial in batch]
        for trial, answers in zip(batch, run_series(page, series, device), strict=True):
            trial.answers = answers
    return [fault for trial in trials for fault in faults(trial)]


def faults(trial: Trial) -> Iterable[Fault]:
    """Yield what an executed trial did wrong.

    A model that the exporter refuses has one fault if ONNX Runtime runs it at any size.
    """
    if trial.refusal is not None:
        if trial.defect or any(outputs is not None for outputs in trial.expected):
            yield Fault(trial, DEFECT_AT_EXPORT if trial.defect else REFUSED_AT_EXPORT, trial.refusal)
        return
    for run, (answer, expected) in enumerate(zip(trial.answers, trial.expected, strict=True)):
        if expected is None:
            if answer.error is None and not LIMITS_OF_THE_REFERENCE.search(trial.reasons[run]):
                yield Fault(trial, NOT_REFUSED, _reason(trial.reasons[run]), run)
        elif answer.error is not None:
            if WITHOUT_PIXELS.search(answer.error) and any(array.size == 0 for array in expected.values()):
                continue
            yield Fault(trial, REFUSED_AT_RUN, answer.error, run)
        elif problem := _difference(trial, answer.outputs, expected):
            yield Fault(trial, *problem, run)


def _difference(trial: Trial, outputs: Arrays, expected: Arrays) -> tuple[str, str] | None:
    """Return the kind and the text of the first difference between two results; None if they agree."""
    for name, reference in expected.items():
        actual = outputs[name]
        if str(reference.dtype) == "bfloat16":  # which crosses from the page as its bits
            actual = actual.view(reference.dtype)
        if actual.shape != reference.shape:
            return WRONG_SHAPE, f"{name} is {list(actual.shape)}, not {list(reference.shape)}"
        a, b = actual.astype(np.float64), reference.astype(np.float64)
        finite = np.where(np.isfinite(b), np.abs(b), 0)
        channel = (
            trial.channel_axis if trial.channel_axis is not None and trial.channel_axis < b.ndim else None
        )
        axes = None if channel is None else tuple(axis for axis in range(b.ndim) if axis != channel)
        largest = finite.max(axes, keepdims=True, initial=0)
        exact = reference.dtype.kind in "iub"
        limit = 0 if exact else trial.tolerance * largest + trial.absolute
        with np.errstate(invalid="ignore"):
            same = (a == b) | (np.abs(a - b) <= limit) | (np.isnan(a) & np.isnan(b))
            if not same.all():
                worst = np.abs(a - b)[~same].max()
                return (
                    WRONG_VALUES,
                    f"{name}, up to {largest.max(initial=0):.3g} large, is off by {worst:.3g}",
                )
    return None


def _reason(message: str) -> str:
    """Return the part of an error of ONNX Runtime that says what is wrong."""
    return message.replace("\n", " ").split("Status Message: ")[-1].split("onnxruntime::")[-1]


def ranked(found: Iterable[Fault]) -> str:
    """Return the number of faults of each kind, most frequent first, for a person to read."""
    counts = Counter(fault.kind for fault in found)
    return ", ".join(f"{count} {kind}" for kind, count in counts.most_common())
