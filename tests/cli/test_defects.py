"""An exception that nobody foresaw is one message that says where it happened, not a Python traceback."""

from __future__ import annotations

import json

import pytest
import typer

from texelflow import cli


def fail(as_json: bool) -> None:
    """Raise inside what every command runs in."""
    with cli.exit_on_error(as_json):
        raise IndexError("list index out of range")


def test_defect_is_reported_with_its_place(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("TEXELFLOW_TRACEBACK", raising=False)
    with pytest.raises(typer.Exit) as caught:
        fail(as_json=True)
    assert caught.value.exit_code == 1
    captured = capsys.readouterr()
    message = json.loads(captured.out)["error"]
    assert "IndexError: list index out of range (at test_defects.py:" in message
    assert "Traceback" not in captured.err


def test_defect_is_raised_on_request(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEXELFLOW_TRACEBACK", "1")
    with pytest.raises(IndexError):
        fail(as_json=False)
