"""The moves by which random models grow: what each operator does to extents."""

from importlib import import_module

for _name in (
    "elementwise",
    "windows",
    "resizing",
    "products",
    "reshaping",
    "moving",
    "reductions",
    "lengths",
):
    # In this order, always: a seed chooses moves by their numbers.
    import_module(f"{__name__}.{_name}")
