"""Tells errors of the model from defects of Texelflow, whatever stage of an export they come from."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from texelflow.dimensions import SizeError
from texelflow.errors import DefectError, ExportError
from texelflow.graph import NodeError, UndecidedError


@contextmanager
def stage(doing: str, subject: str) -> Iterator[None]:
    """Run a block; an error that is the model's fault becomes an ExportError, any other a DefectError.

    Args:
        doing: what the block does, for the message of a defect.
        subject: the model or folder that it does this to, for the message of an ExportError.
    """
    try:
        yield
    except UndecidedError:
        raise
    except (NodeError, SizeError) as error:
        raise ExportError(f"{subject} cannot be exported: {error}", [str(error)]) from error
    except (ExportError, OSError):
        raise
    except Exception as error:
        raise DefectError(error, doing) from error
