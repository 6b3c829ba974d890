"""Yöntem: how the maps are made, a page each in plain words."""

from app.dashboard.screens.method.screen import show

__all__ = ["show"]
