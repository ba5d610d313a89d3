"""The lowering: where values are while the nodes of a graph become draws one by one (see lower_graph.py).

Each value is a view of a buffer. A buffer is a row-major sequence of elements that lives in the GPU as one or
more tensors, flat or blocked; `flat` and `blocked` return the one that a kernel wants, and add the copy that
makes it where there is none yet. A draw whose inputs are all constant belongs to the load phase.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from math import prod

from texelflow.backends.webgl2.elements import real_of, whole_numbers
from texelflow.backends.webgl2.group import Group
from texelflow.backends.webgl2.kernels import copying
from texelflow.backends.webgl2.kernels.kernel import Kernel
from texelflow.backends.webgl2.layout.blocking import (
    alias_within,
    axes_within,
    held_axes,
    holds,
    is_expressible,
)
from texelflow.backends.webgl2.layout.view import View, row_major_strides
from texelflow.backends.webgl2.location import Buffer, Location
from texelflow.backends.webgl2.plan.plan import Axes, Blocking, HostStep, Plan, PlanTensor, Real
from texelflow.backends.webgl2.plan.precision import needs_32_bits
from texelflow.dimensions import Dimension, Expression, product, same_shape, to_json
from texelflow.dimensions.floats import FloatExpression
from texelflow.dimensions.text import LARGEST_EXACT
from texelflow.graph import ConstantData, Element, Node, NodeError, Value
from texelflow.graph.constants import pack_elements, unpack_elements
from texelflow.operators import symbols_bound_by
from texelflow.operators.shapes import known_shape

OUTPUT = Node("Output", [], [Value("output")], name="graph output")
"""Whose fault and work it is, when no group is being lowered."""


class Lowering:
    """The state of one lowering; the rules of operators call its methods."""

    def __init__(self, operator_of: Callable[[Node], object]) -> None:
        self.plan = Plan()
        self.operator_of = operator_of
        self.group: Group | None = None
        """The group that is being lowered: what is refused is its fault, and what is emitted its work."""
        self.exchanged: set[PlanTensor] = set()
        """What states were before a run: textures that only draws find, since they change places."""
        self._locations: dict[Value, Location] = {}
        self.words: dict[PlanTensor, PlanTensor] = {}
        """By blocked bytes, the words that they were packed to (kernels/words.py)."""
        self._computable: set[Dimension] = set()  # what `require_computable` has found to be so

    def locate(self, value: Value) -> Location:
        """Return where a value is; a constant gets one on its first use."""
        location = self._locations.get(value)
        if location is None:
            if value.constant is None and value.elements is not None:
                return self._locate_elements(value)
            assert value.constant is not None, f"{value.name!r} is read before it is computed"
            if value.dtype in ("int64", "uint64"):
                low, high = (0, 2**32 - 1) if value.dtype == "uint64" else (-(2**31), 2**31 - 1)
                for element in unpack_elements(value.dtype, value.constant.tobytes()):
                    self._require_between(low, element, high, f"its constant {value.name!r} holds")
            packed = value.dtype == "int8"
            tensor = PlanTensor(
                value.dtype, value.shape, weight=value, constant=True, packed=packed, value=value.name
            )
            location = Location(Buffer(value.dtype, value.shape, flat=tensor), View.whole(value.shape))
            self._locations[value] = location
        return location

    def fill_rows(self, value: Value) -> None:
        """Let each row of a constant, all behind its first axis, begin a texel when it is uploaded.

        Four rows are then packed at a time, by the program that packs matrices: one less to compile. What is
        no constant, or has a location already, stays as it is.
        """
        rows, *extents = known_shape(value.shape) or [0]
        row = prod(extents)
        if value.constant is None or value in self._locations or rows == 0 or row % 4 == 0:
            return
        filled = PlanTensor(
            value.dtype,
            (rows, row + -row % 4),
            weight=value,
            row=row,
            constant=True,
            packed=value.dtype == "int8",
            value=value.name,
        )
        view = View(value.shape, (row + -row % 4, *row_major_strides(tuple(extents))))
        self._locations[value] = Location(Buffer(value.dtype, filled.shape, flat=filled), view)

    def tensor(
        self, value: Value, blocking: Blocking | Axes | None = None, precise: bool = False
    ) -> PlanTensor:
        """Return a new tensor for a value that a kernel is about to compute; flat without a `blocking`.

        Axes alone block as the device's setting says; `precise` asks for 32 bits on every device.
        """
        if isinstance(blocking, tuple):
            blocking = Blocking(blocking)
        return PlanTensor(value.dtype, value.shape, blocking, value=value.name, precise=precise)

    def bind(self, value: Value, tensor: PlanTensor, view: View | None = None) -> None:
        """Say that `tensor` holds `value`, as a view of it or as it is."""
        buffer = Buffer(tensor.dtype, tensor.shape)
        if tensor.axes is None:
            buffer.flat = tensor
        else:
            buffer.blocked.append(tensor)
        self._locations[value] = Location(buffer, view or View.whole(tensor.shape))

    def share(self, value: Value, other: Value, apart: bool = False) -> None:
        """Say that `value` is where `other` is; `apart` keeps copies that are made of it from the other."""
        location = self.locate(other)
        self._locations[value] = location.apart() if apart else location

    def bind_view(self, value: Value, source: Value, change: Callable[[View], View | None]) -> None:
        """Say that `value` is a view of `source`; where `change` gives None, of a copy of it."""
        location = self.locate(source)
        view = change(location.view)
        if view is None:
            # The copy is made when a kernel wants it, in the layout that this kernel wants.
            location = Location(self._copies(source, location), View.whole(location.view.shape))
            view = change(location.view)
            assert view is not None, "a view of a row-major copy can always be made"
        self._locations[value] = Location(location.buffer, view)

    def flat(self, value: Value) -> PlanTensor:
        """Return a flat tensor with the value's elements in their order."""
        location = self.locate(value)
        if location.view.is_whole(product(location.buffer.shape)):
            self._held(location.buffer)
            if location.buffer.flat is None:
                location.buffer.flat = self._copy(value, location, None)
            return location.buffer.flat
        copies = self._copies(value, location)
        if copies.flat is None:
            copies.flat = self._copy(value, location, None)
        return copies.flat

    def flat_precise(self, value: Value) -> PlanTensor:
        """Return what `flat` does, of a value whose errors grow, as those of coordinates in pixels do.

        It is stored in 32 bits on every device, and so is what it is a copy of.
        """
        tensor = self.flat(value)
        for held in (tensor, *self.locate(value).buffer.tensors):
            held.precise = True
        return tensor

    def flat_copyable(self, value: Value) -> PlanTensor:
        """Return a flat tensor of 32 bits that a run makes: the page can copy such a one to others."""
        tensor = self.flat_precise(value)
        return self._copied(tensor) if tensor.constant else tensor

    def find_blocked(self, value: Value, axes: Axes) -> PlanTensor | None:
        """Return the tensor that holds the value blocked by `axes` already, or None."""
        location = self.locate(value)
        for tensor in location.buffer.blocked:
            if holds(location.view, axes, tensor):
                return tensor
        if location.copies is not None:
            whole = View.whole(location.view.shape)
            for tensor in location.copies.blocked:
                if holds(whole, axes, tensor):
                    return tensor
        if not is_expressible(value.shape, axes):
            return None
        alias = self._alias(location, axes)
        if alias is not None:
            self._copies(value, location).blocked.append(alias)
        return alias

    def blocked(self, value: Value, axes: Axes, one_group: bool = False) -> PlanTensor:
        """Return a tensor that holds the value blocked by `axes`, a copy if there is none yet.

        `one_group` says that a copy has M = 1 on every device.
        """
        found = self.find_blocked(value, axes)
        if found is None:
            location = self.locate(value)
            if not is_expressible(value.shape, axes):
                raise NodeError(self._current(), f"cannot block {value} by axes {axes}")
            if (made := self._make_blocked(value, location, axes, one_group)) is not None:
                return made
            found = self._copy(value, location, axes, one_group)
            whole = location.view.is_whole(product(location.buffer.shape)) and same_shape(
                location.view.shape, location.buffer.shape
            )
            (location.buffer if whole else self._copies(value, location)).blocked.append(found)
        return found

    def blocked_precise(self, value: Value, axes: Axes) -> PlanTensor:
        """Return what `blocked` does, one channel group a fragment, in 32 bits on every device."""
        tensor = self.blocked(value, axes, one_group=True)
        for held in (tensor, *self.locate(value).buffer.tensors):
            held.precise = True
        return tensor

    def blocked_source(self, value: Value, axes: Axes) -> tuple[PlanTensor, View]:
        """Return a tensor that holds the value blocked by `axes`, and the view that reads it."""
        tensor = self.blocked(value, axes)
        location = self.locate(value)
        own = any(tensor is other for other in location.buffer.blocked)
        return tensor, location.view if own else View.whole(value.shape)

    def known_axes(self, value: Value, aliases: bool = False) -> list[Axes]:
        """Return the axes by which the value is blocked in tensors that exist, or can be by `aliases`."""
        location = self.locate(value)
        readings = [(location.view, tensor) for tensor in location.buffer.blocked]
        if location.copies is not None:
            readings += [(View.whole(location.view.shape), tensor) for tensor in location.copies.blocked]
        candidates = [held_axes(view, tensor) for view, tensor in readings]
        if aliases:
            candidates += [axes_within(location.view, tensor) for tensor in location.buffer.blocked]
        return [axes for axes in candidates if axes is not None]

    def source_tensor(self, value: Value) -> tuple[PlanTensor, View]:
        """Return any tensor of the value's buffer, flat if there is one, and the view of it."""
        location = self.locate(value)
        return self._held(location.buffer), location.view

    def flat_source(self, value: Value) -> tuple[PlanTensor, View]:
        """Return a flat tensor and the view, without bounds, by which the value is read from it."""
        location = self.locate(value)
        if location.buffer.flat is not None and location.view.bounds is None:
            return location.buffer.flat, location.view
        return self.flat(value), View.whole(value.shape)

    def emit(self, kernel: Kernel) -> PlanTensor:
        """Add the kernel's draw to the phase it belongs to and return its output."""
        inputs = kernel.inputs.values()
        output = kernel.output
        output.constant = all(tensor.constant for tensor in inputs) and not kernel.reads_symbols()
        ends = self.group.epilogue if self.group is not None and kernel.epilogue.expressions else []
        output.packed = output.constant and kernel.packs_weights and all(tensor.packed for tensor in inputs)
        output.precise = output.precise or needs_32_bits(kernel.template, inputs, ends)
        draw = kernel.draw(OUTPUT.title if self.group is None else self.group.title)
        for number in (*draw.ints, *output.shape):
            self.require_computable(number)
        (self.plan.load if output.constant else self.plan.run).append(draw)
        return output

    def host(
        self,
        name: str,
        inputs: Sequence[PlanTensor],
        outputs: Sequence[PlanTensor] = (),
        ints: Sequence[Dimension] = (),
        floats: Sequence[Real] = (),
        binds: Sequence[str] | None = None,
    ) -> None:
        """Add a step: the page reads flat tensors back, fills others, and learns symbols.

        These are those of the node, or `binds`. A weight is copied for it: pages cannot read all textures of
        weights, such as those of 32 bits where draws have 16.
        """
        assert self.group is not None
        inputs = [
            self._copied(tensor) if tensor in self.exchanged or tensor.weight is not None else tensor
            for tensor in inputs
        ]
        for output in outputs:
            output.precise = True
        step = HostStep(
            name,
            inputs,
            list(outputs),
            list(symbols_bound_by(self.group.node) if binds is None else binds),
            list(ints),
            list(floats),
            self.group.title,
        )
        self.plan.run.append(step)

    def _copied(self, tensor: PlanTensor) -> PlanTensor:
        """Return a copy of a flat tensor that is made in each run."""
        assert self.group is not None
        copy = PlanTensor(tensor.dtype, tensor.shape, value=tensor.value, precise=True)
        kernel = copying.copy_kernel([(tensor, View.whole(tensor.shape))], copy)
        self.plan.run.append(kernel.draw(self.group.title))
        return copy

    def require_computable(self, number: Dimension) -> None:
        """Raise NodeError for a number of a draw, or an extent, that pages do not hold or compute exactly."""
        if number in self._computable:
            return
        if isinstance(number, int):
            self._require_between(-(2**31), number, 2**31 - 1, "it computes with")
        for part in whole_numbers(to_json(number)):
            if abs(part) > LARGEST_EXACT:  # writing a number takes long
                self._require_between(-LARGEST_EXACT, part, LARGEST_EXACT, f"its number {number} contains")
        self._computable.add(number)

    def _require_between(self, low: int, number: Element, high: int, phrase: str) -> None:
        """Raise NodeError for a whole number that the runtime would not take."""
        if isinstance(number, int) and not low <= number <= high:
            reason = (
                f"{phrase} {number}, but integers are computed in 32 bits: use numbers from {low} to {high}"
            )
            raise NodeError(self._current(), f"{reason}, or floating ones")

    def _current(self) -> Node:
        return OUTPUT if self.group is None else self.group.origin

    def _copies(self, value: Value, location: Location) -> Buffer:
        if location.copies is None:
            location.copies = Buffer(value.dtype, location.view.shape, origin=location)
        return location.copies

    def _held(self, buffer: Buffer) -> PlanTensor:
        """Return a tensor of the buffer: a flat copy of its origin if there is none yet."""
        # A copy of a copy and so on; not by recursion, which ends.
        missing: list[tuple[Buffer, Location]] = []
        held = buffer
        while not held.tensors:
            assert held.origin is not None
            missing.append((held, held.origin))
            held = held.origin.buffer
        for copy, origin in reversed(missing):
            copy.flat = self._fill(PlanTensor(copy.dtype, copy.shape), origin)
        return buffer.tensors[0]

    def _make_blocked(
        self, value: Value, location: Location, axes: Axes, one_group: bool
    ) -> PlanTensor | None:
        """Copy the origin of a buffer without tensors to where `value` is blocked by `axes`, if possible."""
        buffer = location.buffer
        if buffer.tensors or buffer.origin is None or not location.view.is_whole(product(buffer.shape)):
            return None
        wanted = PlanTensor(value.dtype, value.shape, Blocking(axes))
        own_axes = held_axes(View.whole(buffer.shape), wanted)
        if own_axes is None:
            return None
        made = self._alias(buffer.origin, own_axes)
        if made is None:
            blocking = Blocking(own_axes, one_group)
            made = PlanTensor(buffer.dtype, buffer.shape, blocking, value=value.name)
            self._fill(made, buffer.origin)
        buffer.blocked.append(made)
        return made

    def _alias(self, location: Location, axes: Axes) -> PlanTensor | None:
        """Return a tensor of the view, blocked by `axes`, that reads the texels of another, if possible."""
        for tensor in location.buffer.blocked:
            alias = alias_within(location.view, axes, tensor)
            if alias is not None and tensor.blocking is not None:
                return PlanTensor(
                    tensor.dtype,
                    location.view.shape,
                    replace(tensor.blocking, axes=axes),
                    value=tensor.value,
                    constant=tensor.constant,
                    precise=tensor.precise,
                    packed=tensor.packed,
                    alias=alias,
                )
        return None

    def _copy(
        self, value: Value, location: Location, axes: Axes | None, one_group: bool = False
    ) -> PlanTensor:
        blocking = None if axes is None else Blocking(axes, one_group)
        output = PlanTensor(location.buffer.dtype, location.view.shape, blocking, value=value.name)
        return self._fill(output, location)

    def _fill(self, output: PlanTensor, location: Location) -> PlanTensor:
        return self.emit(copying.copy_kernel([(self._held(location.buffer), location.view)], output))

    def _locate_elements(self, value: Value) -> Location:
        """Place a value known at export: numbers as a constant, expressions by a draw that writes them."""
        elements = value.elements
        assert elements is not None
        numbers = [element for element in elements if isinstance(element, (int, float))]
        if len(numbers) == len(elements):
            value.constant = ConstantData([pack_elements(value.dtype, numbers)])
            return self.locate(value)
        output = PlanTensor(value.dtype, value.shape, value=value.name)
        kernel = Kernel("numbers", output)
        if value.known_type.is_floating:
            kernel.real_table("numbers", list(map(real_of, elements)))
        else:
            dimensions = [
                e if isinstance(e, Expression) else int(e)
                for e in elements
                if not isinstance(e, FloatExpression)
            ]
            kernel.table("numbers", [dimensions[i : i + 4] for i in range(0, len(dimensions), 4)])
        self.bind(value, output)
        self.emit(kernel)
        return self._locations[value]
