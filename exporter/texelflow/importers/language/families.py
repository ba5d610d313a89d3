"""The families of language models by what their files call them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from texelflow.errors import ExportError
from texelflow.importers.language.decoder import Decoder
from texelflow.importers.language.gemma import read_gemma
from texelflow.importers.language.llama import read_llama
from texelflow.importers.language.qwen import read_qwen
from texelflow.importers.language.settings import Settings

FAMILIES: Mapping[str, Callable[[Settings], Decoder]] = {
    "llama": read_llama,
    "mistral": read_llama,
    "qwen2": read_qwen,
    "qwen3": read_qwen,
    "gemma": read_gemma,
    "gemma2": read_gemma,
    "gemma3_text": read_gemma,
}
"""By Hugging Face's model_type."""


def read_decoder(settings: Settings) -> Decoder:
    """Return the decoder that a description is of; raise ExportError if its family is not supported."""
    kind = settings.entries.get("model_type")
    read = FAMILIES.get(kind) if isinstance(kind, str) else None
    if read is None:
        raise ExportError(
            f"{settings.source}: a model of type {kind!r} is not supported; {', '.join(FAMILIES)} are"
        )
    return read(settings)
