"""Streamlit's settings, put into the environment before it is imported."""

import os
from collections.abc import Mapping

SETTINGS: Mapping[str, str] = {
    "SERVER_HEADLESS": "true",
    "SERVER_FILE_WATCHER_TYPE": "none",
    "SERVER_ENABLE_CORS": "true",
    "SERVER_ENABLE_XSRF_PROTECTION": "true",
    "SERVER_ENABLE_STATIC_SERVING": "false",
    "SERVER_MAX_UPLOAD_SIZE": "1",  # nothing is uploaded that way; the gate refuses it too
    "SERVER_ENABLE_WEBSOCKET_COMPRESSION": "true",
    "BROWSER_GATHER_USAGE_STATS": "false",
    "CLIENT_TOOLBAR_MODE": "minimal",
    "CLIENT_SHOW_ERROR_DETAILS": "none",
    "CLIENT_SHOW_SIDEBAR_NAVIGATION": "true",
    "RUNNER_MAGIC_ENABLED": "false",
    "LOGGER_LEVEL": "warning",
    "THEME_BASE": "light",
    "THEME_PRIMARY_COLOR": "#0b5563",
    "THEME_BACKGROUND_COLOR": "#ffffff",
    "THEME_SECONDARY_BACKGROUND_COLOR": "#f3f6f7",
    "THEME_TEXT_COLOR": "#1d2b30",
    "THEME_LINK_COLOR": "#0b5563",
    "THEME_BORDER_COLOR": "#8a979c",
    "THEME_BASE_RADIUS": "small",
    "THEME_SHOW_WIDGET_BORDER": "true",
    "THEME_FONT": "sans-serif",
}


def apply() -> None:
    """Set them; what an installation set itself does not count."""
    os.environ.update({f"STREAMLIT_{name}": value for name, value in SETTINGS.items()})
    os.environ.setdefault("MALLOC_ARENA_MAX", "2")
