"""The scripts of data/make as modules, for the tests of what they make."""

import importlib
from pathlib import Path
from types import ModuleType

import pytest

MAKE = Path(__file__).parents[2] / "data" / "make"


def script(name: str) -> ModuleType:
    """Return a script of data/make as a module; it may import its neighbors."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(MAKE)
        return importlib.import_module(name)
