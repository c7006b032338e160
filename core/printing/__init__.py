"""Printed survey tables as data: laid out as the norm prints them, read back from a filled spreadsheet.

:func:`form_of` and :func:`sheets_of` lay a table out (appendix A, 4.1.4); :func:`read_sheet` finds
table, columns and rows in a filled sheet; :func:`compare` tells what it would change. Nothing here
reads or writes files.
"""

from __future__ import annotations

from .cells import BadCell, from_cell, labels, neutral, number_text, restored, to_cell, to_text
from .differences import Comparison, Difference, RowChange, compare, compare_header
from .heads import COMPUTED, EXTRA, HeadCell, PrintedColumn
from .matching import Grid, GridCell, Marker, Matched, ReadSheet, read_marker, read_sheet, recognise
from .sheets import Form, PrintedSheet, StoredRow, form_of, sheets_of

__all__ = [
    "COMPUTED",
    "EXTRA",
    "BadCell",
    "Comparison",
    "Difference",
    "Form",
    "Grid",
    "GridCell",
    "HeadCell",
    "Marker",
    "Matched",
    "PrintedColumn",
    "PrintedSheet",
    "ReadSheet",
    "RowChange",
    "StoredRow",
    "compare",
    "compare_header",
    "form_of",
    "from_cell",
    "labels",
    "neutral",
    "number_text",
    "read_marker",
    "read_sheet",
    "recognise",
    "restored",
    "sheets_of",
    "to_cell",
    "to_text",
]
