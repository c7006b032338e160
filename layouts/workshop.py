"""What the figures need before they can be drawn: roles, the slope raster, names and facts of the watershed."""

from __future__ import annotations

from pathlib import Path
from typing import Iterable, Mapping

from qgis.core import QgsRasterLayer

from ..core.progress import SILENT, Progress
from ..core.standard import Edition
from ..core.terrain.relief import slope_degrees
from ..layers.dem import read_dem
from ..layers.rasterfiles import RasterSource
from ..layers.rasters import write_raster
from .content import Figure, drawings
from .figureset import INSETS, drawing_of
from .sources import Sources

SLOPE = "slope.tif"


def needed_roles(wanted: Iterable[Figure]) -> list[str]:
    """The roles of all layers that the figures draw, need or tabulate."""
    found = ["boundary", "dem", *(role for role, _ in INSETS)]
    for figure in wanted:
        found += [*figure.needs, *figure.needs_any, *(drawing_of(key).role for key in figure.layers)]
    return list(dict.fromkeys(found))


def uses_slope(wanted: Iterable[Figure]) -> bool:
    """Whether one of the figures shows the slope."""
    return any(drawings()[key].role == "slope" for f in wanted for key in f.layers if key in drawings())


def dem_without_slope(wanted: Iterable[Figure], sources: Sources) -> QgsRasterLayer | None:
    """The DEM whose slope is wanted and not there; None where nothing is to be done."""
    dem = sources.layers.get("dem")
    if not uses_slope(wanted) or not dem or "slope" in sources.layers:
        return None
    return dem[0] if isinstance(dem[0], QgsRasterLayer) else None


def write_slope(dem: QgsRasterLayer | RasterSource, folder: Path, progress: Progress = SILENT) -> Path:
    """Slope in degrees of a DEM as ``slope.tif`` in ``folder``. Raises InputError QL-DEM-*; Cancelled."""
    progress.stage("read_dem")
    grid = read_dem(dem, progress=progress).grid
    slope = slope_degrees(grid.values, grid.frame, progress)
    progress.stage("write_raster")
    return Path(write_raster(folder / SLOPE, slope, grid.frame, unit="°", progress=progress))


def add_slope(wanted: list[Figure], sources: Sources, folder: Path, progress: Progress = SILENT) -> None:
    """Slope of the DEM as a raster beside the figures, where one of them shows it."""
    dem = dem_without_slope(wanted, sources)
    if dem is not None:
        sources.layers["slope"] = [QgsRasterLayer(str(write_slope(dem, folder, progress)), "slope")]


def watershed_name(sources: Sources) -> str:
    """The name of the boundary's first polygon, empty where it has none."""
    layer = sources.layers["boundary"][0]
    if layer.fields().indexOf("name") < 0:
        return ""
    first = next(layer.getFeatures(), None)
    return str(first["name"]) if first is not None and first["name"] else ""


def facts_of(meta: Mapping[str, str], edition: Edition) -> list[tuple[str, str]]:
    """What the survey says of the watershed, for the table of facts."""
    facts = [("小流域代码", meta["code"])] if meta.get("code") else []
    kind = edition.types.get(meta.get("type", ""))
    if kind is not None:
        facts.append(("小流域类型", kind.zh))
    return facts
