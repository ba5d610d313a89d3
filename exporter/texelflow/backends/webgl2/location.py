"""The location of a value during lowering: a buffer, tensors that hold it, and a view (lowering.py)."""

from __future__ import annotations

from dataclasses import dataclass, field

from texelflow.backends.webgl2.layout.view import View
from texelflow.backends.webgl2.plan.plan import PlanTensor
from texelflow.graph import Shape


@dataclass(eq=False, slots=True)
class Buffer:
    """A row-major sequence of elements and the tensors that hold it; while there are none, it is `origin`."""

    dtype: str
    shape: Shape
    flat: PlanTensor | None = None
    blocked: list[PlanTensor] = field(default_factory=list)
    origin: Location | None = None

    @property
    def constant(self) -> bool:
        """Whether the elements are known once the load phase has run."""
        held = self
        while not held.tensors and held.origin is not None:
            held = held.origin.buffer
        return all(tensor.constant for tensor in held.tensors)

    def apart(self) -> Buffer:
        """Return a copy, and one of its origin: tensors that come to hold the copy do not hold this one."""
        origin = None if self.origin is None or self.tensors else self.origin.apart()
        return Buffer(self.dtype, self.shape, self.flat, list(self.blocked), origin)

    @property
    def tensors(self) -> list[PlanTensor]:
        return [*([self.flat] if self.flat is not None else []), *self.blocked]


@dataclass(eq=False, slots=True)
class Location:
    """Where a value is: a view of a buffer. `copies` are the tensors that earlier kernels read of it."""

    buffer: Buffer
    view: View
    copies: Buffer | None = None

    def apart(self) -> Location:
        """Return a copy: tensors that come to hold the value there do not hold it here."""
        copies = None if self.copies is None else self.copies.apart()
        return Location(self.buffer.apart(), self.view, copies)
