"""The one guarded door: what a file is and whether it is safe to parse, told from its bytes.

Nothing here trusts a name or an extension, and nothing is unpacked to disk.
"""

from __future__ import annotations

from survey.door.archive import MAX_ENTRIES, MAX_RATIO, MAX_UNPACKED_BYTES
from survey.door.inspect import (
    MAX_CSV_BYTES,
    MAX_LAYER_BYTES,
    MAX_XLSX_BYTES,
    Upload,
    display_name,
    inspect,
)
from survey.door.kinds import Kind
from survey.door.sheets import MAX_SHEET_CELLS, MAX_SHEET_COLUMNS, MAX_SHEET_ROWS

__all__ = [
    "MAX_CSV_BYTES",
    "MAX_ENTRIES",
    "MAX_LAYER_BYTES",
    "MAX_RATIO",
    "MAX_SHEET_CELLS",
    "MAX_SHEET_COLUMNS",
    "MAX_SHEET_ROWS",
    "MAX_UNPACKED_BYTES",
    "MAX_XLSX_BYTES",
    "Kind",
    "Upload",
    "display_name",
    "inspect",
]
