"""The bytes of an ONNX file's tensors: inside of it, or in a file beside it."""

from __future__ import annotations

from typing import IO, Any

from texelflow.graph import ConstantData

LARGEST_INSIDE = 2**30
"""Bytes of tensors that an ONNX file may hold itself; protobuf ends at twice that."""

ALIGNMENT = 4096
"""Of tensors in a file beside the model, so that they can be mapped, as ONNX advises."""

EXTERNAL = 1
"""TensorProto.DataLocation.EXTERNAL."""


class RawData:
    """Tensors, and the constants that their bytes are of. `name` is that of the file beside the model."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._tensors: list[tuple[Any, ConstantData]] = []

    @property
    def size(self) -> int:
        """Bytes of all tensors."""
        return sum(constant.bytes_count for _, constant in self._tensors)

    def add(self, tensor: Any, constant: ConstantData) -> None:
        """Let a TensorProto have a constant's bytes, once `attach` is called."""
        self._tensors.append((tensor, constant))

    def attach(self, is_apart: bool) -> None:
        """Give all tensors their bytes, or where these are in the file beside the model."""
        position = 0
        for tensor, constant in self._tensors:
            if not is_apart:
                tensor.raw_data = constant.tobytes()
                continue
            position += -position % ALIGNMENT
            tensor.data_location = EXTERNAL
            for key, value in (
                ("location", self.name),
                ("offset", str(position)),
                ("length", str(constant.bytes_count)),
            ):
                tensor.external_data.add(key=key, value=value)
            position += constant.bytes_count

    def write(self, file: IO[bytes]) -> None:
        """Write the file beside the model."""
        position = 0
        for _, constant in self._tensors:
            gap = -position % ALIGNMENT
            file.write(b"\0" * gap)
            for part in constant.parts:
                file.write(part)
            position += gap + constant.bytes_count
