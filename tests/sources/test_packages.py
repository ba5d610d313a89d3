"""Models in packages of npm and PyPI: versions, integrity, registries and logins of the clients' settings."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import zipfile
from pathlib import Path

import pytest
from registries import put_package, tarball
from small_models import model_bytes
from source_server import Served, SourceServer, refusal

from texelflow.importers import read_model
from texelflow.sources import open_source

MODEL, OLDER = model_bytes(), model_bytes(7.0)


def contents(address: str, offline: bool = False) -> bytes:
    with open_source(address, offline=offline) as opened:
        return opened.path.read_bytes()


def wheel(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        for name, content in files.items():
            file.writestr(name, content)
    return buffer.getvalue()


def publish(server: SourceServer, name: str, login: str | None = None, **changes: str) -> dict[str, object]:
    """Put versions 1.0.0 and 2.0.0 of a package into the registry."""
    versions = {"1.0.0": {"models/net.onnx": OLDER}, "2.0.0": {"models/net.onnx": MODEL}}
    return put_package(server, name, versions, {"latest": "2.0.0", "old": "1.0.0"}, login, **changes)


@pytest.fixture
def npm(server: SourceServer, monkeypatch: pytest.MonkeyPatch) -> SourceServer:
    monkeypatch.setenv("NPM_CONFIG_REGISTRY", f"{server.url}/")
    return server


def test_npm_versions_and_tags(npm: SourceServer) -> None:
    publish(npm, "nets")
    publish(npm, "@scope/nets")
    assert contents("npm:nets/models/net.onnx") == MODEL
    assert contents("npm:nets@1.0.0/models/net.onnx") == contents("npm:nets@old/models/net.onnx") == OLDER
    assert contents("npm:@scope/nets@1.0.0/models/net.onnx") == OLDER
    with open_source("npm:nets@2.0.0") as opened:
        assert opened.origin == "npm:nets@2.0.0" and len(read_model(opened.path).nodes) == 1
    assert "no version '^1'; name one exactly, or a tag, such as latest, old" in refusal(
        "npm:nets@^1/net.onnx"
    )
    assert "does not exist: the package has models/net.onnx" in refusal("npm:nets/net.onnx")
    assert "/unknown does not exist (404)" in refusal("npm:unknown/net.onnx")
    assert "not of the form npm:package" in refusal("npm:nets/../x")


def test_npm_archives_are_downloaded_once_and_then_offline(npm: SourceServer) -> None:
    publish(npm, "nets")
    contents("npm:nets/models/net.onnx")
    contents("npm:nets/models/net.onnx")
    assert npm.paths() == ["/nets", "/nets/-/2.0.0.tgz", "/nets"]
    assert contents("npm:nets/models/net.onnx", offline=True) == MODEL
    assert "--offline" in refusal("npm:nets@1.0.0/models/net.onnx", offline=True)
    assert len(npm.asked) == 3


def test_npm_archives_are_checked(npm: SourceServer) -> None:
    publish(npm, "nets", integrity="sha512-" + base64.b64encode(bytes(64)).decode())
    assert "is not the file of the registry: its sha512 is" in refusal("npm:nets/models/net.onnx")
    publish(npm, "nets", integrity="", shasum="0" * 40)
    assert "its sha1 is" in refusal("npm:nets/models/net.onnx")
    publish(npm, "nets", integrity="", shasum="")
    assert "no archive with a digest" in refusal("npm:nets/models/net.onnx")
    npm.files["/nets"] = Served(b"<html>")
    assert "not the answer of a package registry" in refusal("npm:nets/models/net.onnx")
    npm.files["/nets"] = Served(b'{"versions": {"1": 3}, "dist-tags": {"latest": "1"}}')
    assert "no version 'latest'" in refusal("npm:nets/models/net.onnx")


def test_npm_resumes_what_has_a_digest_without_an_etag(npm: SourceServer) -> None:
    publish(npm, "nets")
    served = npm.files["/nets/-/2.0.0.tgz"]
    served.etag, served.cuts = "", [100]
    assert contents("npm:nets/models/net.onnx") == MODEL
    assert npm.asked[-1].headers["range"] == "bytes=100-"


def test_npm_settings_name_registries_and_logins(
    server: SourceServer, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(server, "@own/nets", login="Bearer npm_secretsecret")
    host = server.url.removeprefix("http:")
    monkeypatch.setenv("MY_TOKEN", "npm_secretsecret")
    settings = [f"@own:registry={server.url}", f"{host}/:_authToken=${{MY_TOKEN}}", "; comment"]
    (Path.home() / ".npmrc").write_text("\n".join(settings))
    assert contents("npm:@own/nets/models/net.onnx") == MODEL
    assert not any("secret" in path.read_text() for path in (cache / "addresses").iterdir())
    monkeypatch.setenv("MY_TOKEN", "wrong")
    assert "needs a login (401); logins are read from .npmrc" in refusal("npm:@own/nets/models/net.onnx")


def test_npm_logins_go_to_their_registry_only(npm: SourceServer) -> None:
    other = SourceServer()
    try:
        answer = publish(npm, "nets")
        archive = npm.files["/nets/-/2.0.0.tgz"]
        other.files["/nets/-/2.0.0.tgz"] = archive
        npm.files["/nets"] = Served(json.dumps(answer).replace(npm.url, other.url).encode())
        (Path.home() / ".npmrc").write_text(f"{npm.url.removeprefix('http:')}/:_authToken=secret\n")
        assert contents("npm:nets/models/net.onnx") == MODEL
        assert npm.asked[0].headers["authorization"] == "Bearer secret"
        assert "authorization" not in other.asked[0].headers
    finally:
        other.close()


def index(server: SourceServer, as_json: bool = True, login: str | None = None) -> dict[str, bytes]:
    """Put an index with several versions of a package, in one of its two forms, at /simple/my-nets/."""
    files = {
        "my_nets-1.0-py3-none-any.whl": wheel({"my_nets/net.onnx": OLDER}),
        "my_nets-1.10.tar.gz": tarball({"my_nets-1.10/my_nets/net.onnx": MODEL, "my_nets-1.10/a.png": b"a"}),
        "my_nets-1.10-cp311-cp311-linux_x86_64.whl": b"not asked for",
        "my_nets-1.10-py3-none-any.whl": wheel({"my_nets/net.onnx": MODEL, "my_nets/__init__.py": b""}),
        "my_nets-1.9.tar.gz": tarball({"my_nets-1.9/my_nets/net.onnx": OLDER}),
        "my_nets-2.0rc1-py3-none-any.whl": b"not final",
        "my_nets-1.11-py3-none-any.whl": b"withdrawn",
    }
    entries, links = [], []
    for name, content in files.items():
        server.files[f"/files/{name}"] = Served(content, login=login)
        sha256 = hashlib.sha256(content).hexdigest()
        is_yanked = name.startswith("my_nets-1.11")
        url = f"../../files/{name}"
        entries.append({"filename": name, "url": url, "hashes": {"sha256": sha256}, "yanked": is_yanked})
        links.append(f'<a href="{url}#sha256={sha256}" {"data-yanked" * is_yanked}>{name}</a>')
    body = json.dumps({"files": entries}) if as_json else f"<html><body>{'<br>'.join(links)}</body></html>"
    server.files["/simple/my-nets/"] = Served(body.encode(), login=login)
    return files


@pytest.mark.parametrize("as_json", [True, False])
def test_pypi(server: SourceServer, monkeypatch: pytest.MonkeyPatch, as_json: bool) -> None:
    index(server, as_json)
    monkeypatch.setenv("PIP_INDEX_URL", f"{server.url}/simple")
    assert contents("pypi:My_Nets/my_nets/net.onnx") == MODEL
    assert server.paths() == ["/simple/my-nets/", "/files/my_nets-1.10-py3-none-any.whl"]
    assert contents("pypi:my-nets@1.9.0/my_nets/net.onnx") == OLDER
    assert contents("pypi:my-nets/my_nets/net.onnx", offline=True) == MODEL
    # What is not installed, such as what tests are made of, is in the sources alone.
    assert contents("pypi:my-nets@1.10/a.png") == b"a"
    assert "does not exist: the package has my_nets/net.onnx" in refusal("pypi:my-nets@1.10/net.onnx")
    assert "no files of version 3; it has" in refusal("pypi:my-nets@3/net.onnx")
    assert "/simple/other/ does not exist" in refusal("pypi:other/net.onnx")
    server.files["/files/my_nets-1.0-py3-none-any.whl"].body = wheel({"my_nets/net.onnx": MODEL})
    assert "is not the file of the registry: its sha256" in refusal("pypi:my-nets@1.0/my_nets/net.onnx")


def test_pypi_settings(server: SourceServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    index(server, login="Basic bWU6c2VjcmV0")
    address = server.url.replace("//", "//me:secret@")
    (tmp_path / "pip.conf").write_text(f"[global]\nindex-url = {address}/simple\n")
    monkeypatch.setenv("PIP_CONFIG_FILE", str(tmp_path / "pip.conf"))
    assert contents("pypi:my-nets/my_nets/net.onnx") == MODEL
    (tmp_path / "pip.conf").write_text(f"[global]\nindex-url = {address.replace('secret', 'wrong')}/simple\n")
    said = refusal("pypi:my-nets/my_nets/net.onnx")
    assert "needs a login (401)" in said and "wrong" not in said


def test_invalid_answers_of_registries_are_refused(
    server: SourceServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", f"{server.url}/simple")
    for body in (b"{}", b'{"files": [1]}', b'{"files": 3}', b'{"files": [{"filename": 1, "url": 2}]}', b"{["):
        server.files["/simple/nets/"] = Served(body)
        assert "not the answer of a package index" in refusal("pypi:nets/x"), body
    server.files["/simple/nets/"] = Served(b"\xff<a href=3><a>")
    assert "no files" in refusal("pypi:nets/x")
