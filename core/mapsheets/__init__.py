"""Sheets of the national map series: where they lie, what they are called, what is printed on them (4.1.3)."""

from __future__ import annotations

from .frames import corners, dms, ring
from .grid import MapSheet, SheetScale, count_over, scales, sheet_at, sheet_scale, sheets_over
from .numbers import in_china, number, old_number, parse_number

__all__ = [
    "MapSheet",
    "SheetScale",
    "corners",
    "count_over",
    "dms",
    "in_china",
    "number",
    "old_number",
    "parse_number",
    "ring",
    "scales",
    "sheet_at",
    "sheet_scale",
    "sheets_over",
]
