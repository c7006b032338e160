"""Land use as the algorithms need it: every feature or cell with its class of GB/T 21010.

``LANDUSE`` with ``LANDUSE_FIELD`` or a raster, and ``LANDUSE_MAP`` for other lists.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Collection, Mapping, NamedTuple, Sequence

import numpy as np

from ..core.errors import InputError, Problem
from ..core.landuse import VILLAGE_SETTLEMENT, Classified, LandClass, classify, code_text, parse_map
from .rasters import CodeGrid
from .records import Record

# The settlement attribute of the third land survey's parcels.
SETTLEMENT_FIELD = "CZCSXM"
# Codes within so narrow a range are counted in a table.
_TABLE = 65_536


class LandUse(NamedTuple):
    """Classes in the order of the records (None: no class), codes without class, warnings."""

    classes: list[LandClass | None]
    unmapped: dict[str, float]
    warnings: list[Problem]


def read_map(path: str | os.PathLike[str] | None) -> tuple[dict[str, str] | None, list[Problem]]:
    """The mapping of a ``LANDUSE_MAP`` file, None where no file is given. Raises QL-LANDUSE-MAP*."""
    if not path:
        return None, []
    file = Path(path)
    try:
        data = file.read_bytes()
    except OSError as error:
        raise InputError("QL-LANDUSE-MAPFILE", file=str(file), reason=error.strerror or str(error)) from error
    found = parse_map(data, file.name)
    return found.targets, found.warnings


def classify_records(
    records: Sequence[Record],
    areas: Sequence[float],
    code_field: str,
    *,
    layer: str,
    parameter: str = "LANDUSE",
    mapping: Mapping[str, str] | None = None,
) -> LandUse:
    """Classes of parcels; ``areas`` in m². CZCSXM 203 marks village land where the layer has that field."""
    codes = [r.attributes.get(code_field) for r in records]
    totals: dict[Any, float] = {}
    for code, area in zip(codes, areas):
        totals[code] = totals.get(code, 0.0) + float(area)
    found = classify(totals, layer=layer, parameter=parameter, mapping=mapping)
    settlement = _settlement_field(records)
    classes = [
        _with_village(found.classes.get(code), record, settlement) for code, record in zip(codes, records)
    ]
    return LandUse(classes, found.unmapped, found.warnings)


def _settlement_field(records: Sequence[Record]) -> str | None:
    if not records:
        return None
    return next((n for n in records[0].attributes if n.upper() == SETTLEMENT_FIELD), None)


def _with_village(land: LandClass | None, record: Record, settlement: str | None) -> LandClass | None:
    if land is None or settlement is None:
        return land
    village = code_text(record.attributes.get(settlement)).startswith(VILLAGE_SETTLEMENT)
    return land._replace(village=land.village or village)


def classify_cells(
    grid: CodeGrid,
    cell_areas: np.ndarray,
    *,
    layer: str,
    parameter: str = "LANDUSE",
    mapping: Mapping[str, str] | None = None,
) -> Classified:
    """Classes of the codes of a raster; ``cell_areas`` in m² by row (``GridFrame.row_cell_areas``)."""
    return classify(_areas(grid, cell_areas), layer=layer, parameter=parameter, mapping=mapping)


def cells_of(grid: CodeGrid, found: Classified, members: Collection[str]) -> np.ndarray:
    """Cells whose class is one of ``members`` (codes of GB/T 21010), bool of the grid's shape."""
    codes = [code for code, land in found.classes.items() if land.code in members]
    return grid.valid & np.isin(grid.codes, codes)


def _areas(grid: CodeGrid, cell_areas: np.ndarray) -> dict[Any, float]:
    """Area of each code, m²."""
    if not grid.valid.any():
        return {}
    low = int(grid.codes.min(where=grid.valid, initial=2**31 - 1))
    high = int(grid.codes.max(where=grid.valid, initial=-(2**31)))
    if high - low < _TABLE:
        totals = np.zeros(high - low + 1)
        for codes, valid, area in zip(grid.codes, grid.valid, cell_areas):
            totals += np.bincount(codes[valid] - low, minlength=totals.size) * area
        return {int(i) + low: float(totals[i]) for i in np.flatnonzero(totals)}
    found: dict[Any, float] = {}
    for codes, valid, area in zip(grid.codes, grid.valid, cell_areas):
        for code, count in zip(*(part.tolist() for part in np.unique(codes[valid], return_counts=True))):
            found[code] = found.get(code, 0.0) + count * float(area)
    return found
