"""Converts TorchScript to programs of torch.export, with the installed PyTorch.

torch.export traces what a module of Python does; `interpreter.py` is one that does what TorchScript says,
node by node. So sizes, element types, views and changes in place are PyTorch's business, and what comes out
is read as any other program is. `primitives.py` has what TorchScript computes with Python's own values,
`branches.py` branches that only a run decides, `parts.py` the tensors of the module, `memory.py` what it
keeps between calls, `calling.py` what it is called with, `program.py` the whole of it.
"""
