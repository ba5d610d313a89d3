"""The option that narrows ONNX's node tests to one operator's."""

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Take the name of an operator."""
    parser.addoption("--operator", metavar="NAME", help="run ONNX's node tests of this operator only")


@pytest.fixture(scope="session")
def operator(pytestconfig: pytest.Config) -> str | None:
    """The operator whose tests are run, None for all."""
    name: str | None = pytestconfig.getoption("--operator")
    return name
