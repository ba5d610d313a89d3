"""The runtime's scripts in a folder: what `texelflow runtime` writes."""

from __future__ import annotations

from pathlib import Path

from command_support import REPOSITORY, RunCommand


def test_a_folder_gets_all_scripts_and_keeps_its_own(texelflow_command: RunCommand, tmp_path: Path) -> None:
    site = tmp_path / "site"
    scripts = {path.name: path.read_bytes() for path in (REPOSITORY / "dist").glob("*.js")}
    assert "texelflow.js" in scripts and "texelflow.states.js" in scripts
    for _ in range(2):
        done = texelflow_command("runtime", site)
        assert done.code == 0, done.stderr
        (site / "own.js").write_text("1")
    assert {path.name: path.read_bytes() for path in site.iterdir()} == {**scripts, "own.js": b"1"}

    (site / "texelflow.js").write_text("another")
    refused = texelflow_command("runtime", site)
    refused.assert_one_error("other files named texelflow.js: replace them with --force")
    assert (site / "texelflow.js").read_text() == "another"
    assert texelflow_command("runtime", site, "--force").code == 0
    assert (site / "texelflow.js").read_bytes() == scripts["texelflow.js"]


def test_what_is_no_folder_is_told(texelflow_command: RunCommand, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("kept")
    refused = texelflow_command("runtime", tmp_path / "file")
    refused.assert_one_error("cannot write to")
    assert (tmp_path / "file").read_text() == "kept"
