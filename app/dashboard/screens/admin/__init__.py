"""Yönetim: set-up, accounts, indicators, jobs, backups, health, audit."""

from app.dashboard.screens.admin.screen import show

__all__ = ["show"]
