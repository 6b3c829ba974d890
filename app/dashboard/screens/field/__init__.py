"""Saha verisi: send a file, see what it is, answer what must not be guessed, take it in."""

from app.dashboard.screens.field.screen import show

__all__ = ["show"]
