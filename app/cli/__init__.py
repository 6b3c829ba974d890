"""The `mahalle` command: the same use cases as the screens, in this process, as this OS user."""

from app.cli.main import app, main

__all__ = ["app", "main"]
