"""Onay: draft maps looked over and published, proposals followed through the chain."""

from app.dashboard.screens.approval.screen import show

__all__ = ["show"]
