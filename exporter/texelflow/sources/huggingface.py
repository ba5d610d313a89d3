"""Models of Hugging Face: huggingface_hub downloads them, with its own cache, mirror (HF_ENDPOINT), login
(HF_TOKEN), resuming and checks. What is decided here is which files of a repository belong to a model.
"""

from __future__ import annotations

import glob
import posixpath
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from texelflow.errors import ExportError
from texelflow.huggingface_files.beside import POOLING
from texelflow.sources.cache import Cache
from texelflow.sources.companions import companions, is_inside
from texelflow.sources.redaction import scrubbed
from texelflow.sources.session import Session, link

MISSING = "{} is fetched by huggingface_hub: pip install 'texelflow[hub]'"
LISTED = 12
INDEX = "model.safetensors.index.json"
WHOLE = "model.safetensors"
SAVED_MODEL = "saved_model.pb"

DESCRIBING = re.compile(
    r"(config|generation_config|preprocessor_config|processor_config|tokenizer|tokenizer_config|vocab|added_tokens"
    r"|special_tokens_map|modules)\.json|tokenizer\.model|(vocab|merges|labels)\.txt|chat_template\.(json|jinja)"
)
"""Files that come along with a model: its settings, its tokenizer, its labels."""

MODELS = (".onnx", ".gguf", ".tflite", ".keras", ".h5", ".pt2", ".pb")


def locate(address: str, form: str, session: Session) -> Path:
    """Return the file or folder at the address of a model, in a folder with what belongs to it.

    Raises:
        ExportError: huggingface_hub is not installed, or the model cannot be had.
    """
    match = re.fullmatch(r"hf://([\w.-]+/[\w.-]+)(?:@(refs/pr/\d+|[^/]+))?(?:/(.*))?", address, re.IGNORECASE)
    path = (match[3] or "").strip("/") if match else ""
    if (
        match is None
        or match[1].startswith(("datasets/", "spaces/", "models/"))
        or (path and not is_inside(path))
    ):
        raise ExportError(f"{address} is not of the form {form}")
    try:
        import huggingface_hub
        import huggingface_hub.constants
    except ImportError:
        raise ExportError(MISSING.format(address)) from None
    hub = _Repository(huggingface_hub, address, match[1], unquote(match[2]) if match[2] else None, session)
    names = hub.names()
    if posixpath.basename(path) == SAVED_MODEL and path in names:
        return _folder(hub, names, posixpath.dirname(path))
    if path and path not in names:
        if not any(name.startswith(f"{path}/") for name in names):
            raise ExportError(f"{address} does not exist{_listing(names)}")
        return _folder(hub, names, path)
    if path:
        return hub.arranged([path, *_describing(names, posixpath.dirname(path))], posixpath.dirname(path)) / (
            posixpath.basename(path)
        )
    return _whole(hub, names)


def _whole(hub: _Repository, names: list[str]) -> Path:
    """Return the model of a repository: config.json with safetensors, or its only file of a model."""
    weights = [name for name in names if "/" not in name and name.endswith(".safetensors")]
    if "config.json" in names and (weights or INDEX in names):
        if INDEX in names:
            index = hub.download([INDEX]) / INDEX
            weights = companions(index, hub.address) or weights
        elif WHOLE in weights:
            weights = [WHOLE]
        return hub.arranged([*weights, *_describing(names, "")], "")
    models = [name for name in names if name.endswith(MODELS)]
    if len(models) == 1:
        folder = posixpath.dirname(models[0])
        if posixpath.basename(models[0]) == SAVED_MODEL:
            return _folder(hub, names, folder)
        return hub.arranged([models[0], *_describing(names, folder)], folder) / posixpath.basename(models[0])
    raise ExportError(f"{hub.address} names no file of a model{_listing(models or names)}")


def _folder(hub: _Repository, names: list[str], folder: str) -> Path:
    """Return a folder of a repository with all that is in it; of the top, what a SavedModel consists of."""
    saved = (SAVED_MODEL, "fingerprint.pb", "keras_metadata.pb", "variables/", "assets/")
    return hub.arranged(
        [name for name in names if name.startswith(f"{folder}/" if folder else saved)], folder
    )


def _describing(names: Iterable[str], folder: str) -> list[str]:
    """Return the files that describe a model: of its folder, and of the repository."""
    return [
        name
        for name in names
        if (DESCRIBING.fullmatch(posixpath.basename(name)) and posixpath.dirname(name) in ("", folder))
        or name == POOLING
    ]


def _listing(names: list[str]) -> str:
    more = f" and {len(names) - LISTED} others" if len(names) > LISTED else ""
    return f": the repository has {', '.join(names[:LISTED])}{more}" if names else ""


class _Repository:
    """A repository at a revision, by huggingface_hub."""

    def __init__(self, hub: Any, address: str, name: str, revision: str | None, session: Session) -> None:
        self._hub, self._name, self._revision, self._session = hub, name, revision, session
        self.address = address

    def names(self) -> list[str]:
        """Return the paths of its files; offline, of those in the cache."""
        if self._is_offline():
            folder = self._cached()
            return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
        try:
            info = self._hub.HfApi().model_info(self._name, revision=self._revision)
        except Exception as error:
            raise self._failed(error) from None
        return sorted(sibling.rfilename for sibling in info.siblings or [])

    def download(self, names: list[str] | None) -> Path:
        """Return the folder that has these files, of one commit; offline, all that are in the cache."""
        patterns = None if names is None else [glob.escape(name) for name in names]
        try:
            return Path(
                self._hub.snapshot_download(
                    self._name,
                    revision=self._revision,
                    allow_patterns=patterns,
                    local_files_only=self._is_offline(),
                    library_name="texelflow",
                    tqdm_class=_bar(self._session, f"downloading {self._name}"),
                )
            )
        except Exception as error:
            raise self._failed(error) from None

    def _cached(self) -> Path:
        """Return the folder of the cache, which may have some of the files only."""
        try:
            return self.download(None)
        except ExportError as error:
            # Newer versions of the library refuse to give what is there without all the rest.
            if isinstance(folder := getattr(error.__context__, "snapshot_path", None), str):
                return Path(folder)
            raise

    def arranged(self, names: list[str], folder: str) -> Path:
        """Download files, and those that they need; return a folder with them, relative to `folder`.

        Those of the repository's top are put there, too, where the model's own have none of that name.
        """
        kept = [name for name in dict.fromkeys(names) if is_inside(name)]
        found = self.download(kept)
        prefix = f"{folder}/" if folder else ""
        needed = [
            f"{prefix}{name}"
            for model in kept
            if model.startswith(prefix)
            and "/" not in model.removeprefix(prefix)
            and (found / model).is_file()
            and model.endswith((".onnx", "model.json"))
            for name in companions(found / model, self.address)
        ]
        if missing := [name for name in needed if not (found / name).is_file()]:
            found = self.download([*kept, *missing])
        target = self._session.new_folder(Cache().use) / self._name.rpartition("/")[2]
        target.mkdir()
        for name in sorted({*kept, *needed}, key=lambda name: not name.startswith(prefix)):
            place = target / name.removeprefix(prefix)
            if (found / name).is_file() and not place.exists():
                link(found / name, place)
        return target

    def _is_offline(self) -> bool:
        return self._session.offline or bool(self._hub.constants.HF_HUB_OFFLINE)

    def _failed(self, error: Exception) -> ExportError:
        if isinstance(error, ExportError):
            return error
        if self._is_offline():
            return ExportError(
                f"{self.address} is not in the cache of huggingface_hub: fetch it once without --offline"
            )
        reasons = {
            "GatedRepoError": "needs its terms to be agreed to: do so on its page, and set HF_TOKEN",
            "RepositoryNotFoundError": "does not exist, or is not yours: then set HF_TOKEN",
            "RevisionNotFoundError": f"has no revision {self._revision!r}",
        }
        text = " ".join(scrubbed(str(error)).split())[:400]
        reason = reasons.get(type(error).__name__, f"cannot be downloaded: {text} ({type(error).__name__})")
        return ExportError(f"{self.address} {reason}")


def _bar(session: Session, doing: str) -> Any:
    """Return a class like tqdm, by which huggingface_hub reports its progress."""
    from tqdm.auto import tqdm

    class Bar(tqdm):  # type: ignore[misc]  # tqdm has no types
        def __init__(self, *arguments: Any, **options: Any) -> None:
            options.pop("name", None)
            super().__init__(*arguments, **{**options, "disable": True})

        def update(self, n: float | None = 1) -> None:
            self.n += n or 0
            if self.total and getattr(self, "unit", "B") == "B":
                session.report(doing, self.n / self.total)

    return Bar
