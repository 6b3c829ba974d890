"""Risk haritası: the published maps, read in the browser."""

from app.dashboard.screens.risk.screen import show

__all__ = ["show"]
