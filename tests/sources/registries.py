"""What a server needs to stand in for npm's registry and for Hugging Face."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import tarfile
from collections.abc import Mapping

from source_server import Served, SourceServer


def tarball(files: Mapping[str, bytes]) -> bytes:
    """Return an archive of files by their paths, as npm has them."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as file:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            file.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def put_package(
    server: SourceServer,
    name: str,
    versions: Mapping[str, Mapping[str, bytes]],
    tags: Mapping[str, str],
    login: str | None = None,
    **changes: str,
) -> dict[str, object]:
    """Put a package, the files of each version, into npm's registry; return what that tells of it.

    `changes` are told in place of the digest.
    """
    told: dict[str, object] = {}
    for version, files in versions.items():
        packed = {f"package/{path}": content for path, content in files.items()}
        archive = tarball({"package/package.json": b"{}", **packed})
        path = f"/{name}/-/{version}.tgz"
        server.files[path] = Served(archive, login=login)
        integrity = "sha512-" + base64.b64encode(hashlib.sha512(archive).digest()).decode()
        told[version] = {"dist": {"tarball": server.url + path, "integrity": integrity, **changes}}
    answer: dict[str, object] = {"dist-tags": dict(tags), "versions": told}
    server.files[f"/{name.replace('/', '%2F')}"] = Served(json.dumps(answer).encode(), login=login)
    return answer


def put_repository(
    server: SourceServer, name: str, files: Mapping[str, bytes], login: str | None = None
) -> str:
    """Put a repository of Hugging Face on the server; return its commit."""
    commit = hashlib.sha1(repr(files).encode()).hexdigest()
    info = {"id": name, "sha": commit, "siblings": [{"rfilename": file} for file in files]}
    for path in ("", "/revision/main", "/revision/v1", f"/revision/{commit}"):
        server.files[f"/api/models/{name}{path}"] = Served(json.dumps(info).encode(), login=login)
    tree = [
        {"type": "file", "path": file, "size": len(content), "oid": hashlib.sha1(content).hexdigest()}
        for file, content in files.items()
    ]
    server.files[f"/api/models/{name}/tree/{commit}"] = Served(json.dumps(tree).encode(), login=login)
    for file, content in files.items():
        server.files[f"/{name}/resolve/{commit}/{file}"] = Served(
            content, headers={"X-Repo-Commit": commit}, login=login
        )
    return commit
