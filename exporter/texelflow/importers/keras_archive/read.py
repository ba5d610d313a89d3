"""A .keras archive to the Graph: config.json says what the layers are, model.weights.h5 has their weights."""

from __future__ import annotations

import zipfile
from contextlib import closing
from pathlib import Path

from texelflow.errors import ExportError
from texelflow.graph import Graph
from texelflow.importers.files.hdf5 import Hdf5Error, open_hdf5
from texelflow.importers.files.zip_members import DAMAGE
from texelflow.importers.format import ImportOptions
from texelflow.importers.keras.lowering import KERAS_2, KERAS_3
from texelflow.importers.keras.model import build_keras
from texelflow.importers.keras_archive.members import CONFIG, METADATA, WEIGHTS, read_object, read_weights
from texelflow.importers.keras_archive.weights import ArchiveWeights


def read_keras_archive(path: Path, options: ImportOptions) -> Graph:
    """Return the Graph of a file that Keras wrote with `model.save("….keras")`.

    Raises:
        ExportError: the file is damaged, or has what cannot be imported.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            model = read_object(archive, CONFIG, path)
            version = str(read_object(archive, METADATA, path).get("keras_version", ""))
            content = read_weights(archive, path)
    except (OSError, *DAMAGE) as error:
        raise ExportError(f"{path} cannot be read, or is damaged: {error}") from None
    with closing(open_hdf5(content, f"{path}, {WEIGHTS}")) as file:
        try:
            weights = ArchiveWeights(file, model)
            dialect = KERAS_2 if version.startswith("2") else KERAS_3
            return build_keras(model, weights.find, dialect, path, f"Keras {version}".strip(), options)
        except Hdf5Error as error:
            raise ExportError(f"{path}, {WEIGHTS} cannot be read: {error}") from None
