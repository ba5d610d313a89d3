"""Recurrent layers: sizes with and without whole texels, every direction, given states and lengths."""

from __future__ import annotations

from kernels.sheet import Sheet

GATES = {"LSTM": 4, "GRU": 3, "RNN": 1}


def recurrent_layers() -> Sheet:
    """Each layer in each direction, of one sequence and of several."""
    sheet = Sheet("recurrent layers")
    for operator, gates in GATES.items():
        for direction, batch, hidden in (("forward", 1, 8), ("reverse", 5, 6), ("bidirectional", 2, 16)):
            sheet.case(f"{operator}, {direction}, {batch} of {hidden}")
            directions = 1 + (direction == "bidirectional")
            x = sheet.input([4, batch, 5])
            w, r = (_weights(sheet, [directions, gates * hidden, columns]) for columns in (5, hidden))
            b = _weights(sheet, [directions, 2 * gates * hidden])
            state = [directions, batch, hidden]
            inputs = [x, w, r, b]
            if direction == "reverse":
                inputs += [sheet.given([1, 4, 0, 2, 3], "int32"), sheet.input(state)]
                inputs += [sheet.input(state)] if operator == "LSTM" else []
            attributes = {"hidden_size": hidden, "direction": direction}
            labels = "yhc" if operator == "LSTM" else "yh"
            outputs = sheet.nodes(operator, inputs, len(labels), **attributes)
            for label, output in zip(labels, outputs, strict=True):
                sheet.output(output, label)
    return sheet


def _weights(sheet: Sheet, shape: list[int]) -> str:
    """Return weights that do not make errors of 16 bits grow from step to step, as trained ones do not."""
    return sheet.constant(sheet.random.standard_normal(shape) / 4, "float32")


def free_batches() -> Sheet:
    """As many sequences as a run has."""
    sheet = Sheet("free batches", sizes=[{"batch": 3}, {"batch": 1}])
    x = sheet.input([3, "batch", 4])
    w, r = _weights(sheet, [1, 32, 4]), _weights(sheet, [1, 32, 8])
    for label, output in zip("yhc", sheet.nodes("LSTM", [x, w, r], 3, hidden_size=8), strict=True):
        sheet.output(output, label)
    return sheet
