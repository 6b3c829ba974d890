"""Yer seçimi: where new centres should open; plans made, compared, kept and put forward."""

from app.dashboard.screens.siting.screen import show

__all__ = ["show"]
