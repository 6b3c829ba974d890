"""Read ahead what the first visitor will ask for."""

import math

from app.errors import MahalleError
from app.views.places import extent, version, zone_version
from app.views.published import current_run
from app.views.reader import Reader
from app.views.tiles import KEPT_DEEPEST, LAYERS, tile

WIDTH_PIXELS = 600  # of the map on the screen
TILE_PIXELS = 256


def warm(reader: Reader) -> int:
    """Fill the memory with names, maps and the tiles of the whole city; how many tiles.

    Called when the web process starts, beside its work: if it fails, the first visitor waits instead.
    """
    try:
        run = current_run(reader)
        reader.gazetteer(run)
        for key in reader.maps_of(run):
            reader.layer(run, key)
        squares = _squares(extent(reader, run))
        shapes = version(reader, run)
        for layer in LAYERS:
            for z, x, y in squares:
                tile(reader, layer, zone_version(run) if layer == "zones" else shapes, z, x, y)
    except MahalleError:
        return 0
    return len(squares) * len(LAYERS)


def _squares(box: tuple[float, float, float, float]) -> list[tuple[int, int, int]]:
    """Tiles of the zoom at which a box (degrees) fills the map, and of the next."""
    west, south, east, north = box
    whole = math.log2(360 / max(east - west, 1e-3) * WIDTH_PIXELS / TILE_PIXELS)
    return [
        (z, x, y)
        for z in (int(whole), round(whole + 0.5))
        if z <= KEPT_DEEPEST
        for x in range(_column(west, z), _column(east, z) + 1)
        for y in range(_row(north, z), _row(south, z) + 1)
    ]


def _column(lon: float, z: int) -> int:
    return int((lon + 180) / 360 * 2**z)


def _row(lat: float, z: int) -> int:
    return int((1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * 2**z)
