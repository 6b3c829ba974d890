"""The one painter: what readers may see, drawn for paper and screen; no database, no global state."""

from app.maps.panels import draw_cover, draw_panels
from app.maps.plan import draw_plan
from app.maps.scene import Scene
from app.maps.sheet import draw, write_png

__all__ = ["Scene", "draw", "draw_cover", "draw_panels", "draw_plan", "write_png"]
