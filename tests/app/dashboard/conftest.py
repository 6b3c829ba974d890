"""What these tests leave as they found it."""

import sys

import pytest


@pytest.fixture(autouse=True)
def _own_main(monkeypatch):
    """`AppTest` leaves the screen's script as `__main__`, which a process spawned later would run."""
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])
