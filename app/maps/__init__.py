"""The one painter: what readers may see, drawn for paper and for the browser; no database, no state."""

from app.maps.browser import TILES_URL, CityMap, Point, Shown, city_map
from app.maps.looks import CHANGES, CLASSES, outside_faded
from app.maps.panels import draw_cover, draw_panels
from app.maps.plan import draw_plan
from app.maps.regions import plan_map, plan_points
from app.maps.scene import Scene
from app.maps.sheet import draw, write_pdf, write_png

__all__ = [
    "CHANGES",
    "CLASSES",
    "TILES_URL",
    "CityMap",
    "Point",
    "Scene",
    "Shown",
    "city_map",
    "draw",
    "draw_cover",
    "draw_panels",
    "draw_plan",
    "outside_faded",
    "plan_map",
    "plan_points",
    "write_pdf",
    "write_png",
]
