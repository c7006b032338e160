"""Base maps of a field package: clipped to the survey's area, in its CRS, as GeoTIFF with overviews (4.1.2).

Field apps show GeoTIFF without a network; three bands of bytes are packed as JPEG, all else without loss.
Layers of the network (imagery as XYZ, WMTS or WMS) are drawn into a file at a given size of a cell.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any, NamedTuple, Optional, Tuple

from osgeo import gdal
from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransformContext,
    QgsMapLayer,
    QgsRasterBlockFeedback,
    QgsRasterFileWriter,
    QgsRasterLayer,
    QgsRasterPipe,
    QgsRasterProjector,
    QgsRectangle,
)

from ..core.background import shifted_background
from ..core.errors import Cancelled, InputError, Problem
from ..core.field.secrecy import MarkedLayer, mark_of
from ..core.progress import Progress
from .crs import is_in_metres, wkt_of
from .rasterfiles import RasterSource, Watch, gdal_call, open_raster, raster_source, watched
from .roles import role_of

MARK = "qingliu/secrecy"
BASEMAP = "basemap"
_TILE = 256
_JPEG_QUALITY = 85
_MOST_CELLS = 2_000_000_000
_GLANCE = 512
_INTERNAL_MASK = "GDAL_TIFF_INTERNAL_MASK"
_NETWORK = "wms"  # QGIS's provider of XYZ, WMTS and WMS
_ONLINE_CELL_M = 1.0
_M_PER_DEGREE = 111_320.0
_MOST_DRAWN = 200_000_000


class BaseMap(NamedTuple):
    """A raster that is to go into a package: where it is and how it is marked; ``online``: on the network."""

    source: RasterSource
    marked: MarkedLayer
    online: Optional[QgsRasterLayer] = None


class Area(NamedTuple):
    """What a base map is clipped to: west, south, east, north in the survey's CRS."""

    crs: QgsCoordinateReferenceSystem
    extent: QgsRectangle


def mark_layer(layer: QgsMapLayer, mark: str) -> None:
    """Give a layer of a project its secrecy mark."""
    layer.setCustomProperty(MARK, mark)


def layer_mark(layer: QgsMapLayer) -> str:
    """The secrecy mark of a layer: its own, else that of its role; rasters count as base maps."""
    role = role_of(layer) or (BASEMAP if isinstance(layer, QgsRasterLayer) else "")
    return mark_of(str(layer.customProperty(MARK) or "") or None, role)


def base_map(layer: QgsRasterLayer, parameter: str) -> BaseMap:
    """A raster layer as a base map. Raises InputError QL-FIELD-SHIFTED, QL-FIELD-ONLINE."""
    shifted = shifted_background(layer.source())
    if shifted is not None:
        facts = {"layer": layer.name(), "publisher": shifted.publisher, "system": shifted.system}
        raise InputError("QL-FIELD-SHIFTED", **facts)
    marked = MarkedLayer(layer.name(), layer_mark(layer))
    if layer.providerType() == _NETWORK:
        return BaseMap(RasterSource("", layer.name(), layer.crs()), marked, layer)
    if layer.providerType() != "gdal":
        raise InputError("QL-FIELD-ONLINE", layer=layer.name(), provider=layer.providerType())
    found = raster_source(layer)
    open_raster(found, parameter)
    return BaseMap(found, marked)


def clip_base_map(
    base: BaseMap, area: Area, path: Path, progress: Progress, resolution: float = 0.0
) -> Optional[Path]:
    """Write the part of a base map inside ``area`` to ``path``; None where they do not meet.

    ``resolution`` is the size of a cell in metres, 0 for the map's own. Raises InputError
    QL-FIELD-BASEMAP, QL-FIELD-TOOFINE, QL-FIELD-NOCRS, QL-LAYER-*, Cancelled.
    """
    if base.online is not None:
        return _draw_online(base.online, area, path, progress, resolution)
    dataset = open_raster(base.source, "BASEMAP")
    crs = base.source.crs
    own = wkt_of(crs) if crs is not None and crs.isValid() else dataset.GetProjection()
    if not own:
        raise InputError("QL-FIELD-NOCRS", layer=base.source.name)
    facts: dict[str, Any] = {"layer": base.source.name}
    with watched(progress) as watch:
        clipped, reason = gdal_call(gdal.Warp, "", dataset, **_warp_options(dataset, own, area, resolution))
        if clipped is None:
            raise InputError("QL-FIELD-BASEMAP", reason=reason or "-", **facts)
        cells = clipped.RasterXSize * clipped.RasterYSize
        if cells > _MOST_CELLS:
            raise InputError("QL-FIELD-TOOFINE", cells=cells, most=_MOST_CELLS, **facts)
        if _is_bare(clipped):
            return None
        _pack(clipped, path, base.source.name, watch)
    return path


def _pack(dataset: gdal.Dataset, path: Path, name: str, watch: Watch) -> None:
    """Write a clipped map as one file with its mask and overviews. Raises InputError QL-FIELD-BASEMAP, Cancelled."""
    before = gdal.GetConfigOption(_INTERNAL_MASK)
    gdal.SetConfigOption(_INTERNAL_MASK, "YES")
    try:
        made, reason = gdal_call(gdal.Translate, str(path), dataset, callback=watch, **_packing(dataset))
        if made is None:
            watch.raise_if_cancelled()
            raise InputError("QL-FIELD-BASEMAP", layer=name, reason=reason or "-")
        _add_overviews(made)
        made.FlushCache()
        del made
    finally:
        gdal.SetConfigOption(_INTERNAL_MASK, before)
    path.with_name(f"{path.name}.aux.xml").unlink(missing_ok=True)


def _draw_online(
    layer: QgsRasterLayer, area: Area, path: Path, progress: Progress, resolution: float
) -> Path:
    """Draw a layer of the network into a file; every tile has to come. Raises InputError QL-FIELD-*, Cancelled."""
    size = in_units(resolution or _ONLINE_CELL_M, area.crs)
    cols, rows = (max(math.ceil(side / size), 1) for side in (area.extent.width(), area.extent.height()))
    if cols * rows > _MOST_DRAWN:
        raise InputError("QL-FIELD-TOOFINE", cells=cols * rows, most=_MOST_DRAWN, layer=layer.name())
    raw = path.with_suffix(".raw.tif")
    try:
        fault = _write_drawn(layer, area, raw, (cols, rows), progress)
        if fault or not raw.is_file():
            raise InputError("QL-FIELD-BASEMAP", layer=layer.name(), reason=fault or "-")
        with watched(progress) as watch:
            drawn, reason = gdal_call(gdal.Open, str(raw))
            if drawn is None:
                raise InputError("QL-FIELD-BASEMAP", layer=layer.name(), reason=reason or "-")
            _pack(drawn, path, layer.name(), watch)
            del drawn
    finally:
        raw.unlink(missing_ok=True)
    return path


def _write_drawn(
    layer: QgsRasterLayer, area: Area, raw: Path, shape: Tuple[int, int], progress: Progress
) -> str:
    """What went wrong, empty where it was drawn whole. Raises Cancelled."""
    pipe = QgsRasterPipe()
    pipe.set(layer.dataProvider().clone())
    projector = QgsRasterProjector()
    context = QgsCoordinateTransformContext()
    projector.setCrs(layer.crs(), area.crs, context)
    pipe.insert(2, projector)
    feedback = QgsRasterBlockFeedback()
    stopped = []

    def watch(percent: float) -> None:
        try:
            progress.step(percent / 200.0)
        except Cancelled as stop:
            stopped.append(stop)
            feedback.cancel()

    feedback.progressChanged.connect(watch)
    writer = QgsRasterFileWriter(str(raw))
    state = writer.writeRaster(pipe, *shape, area.extent, area.crs, context, feedback)
    if stopped:
        raise stopped[0]
    return "; ".join(feedback.errors()) or ("" if int(state) == 0 else f"error {int(state)}")


def _warp_options(dataset: gdal.Dataset, own: str, area: Area, resolution: float) -> dict[str, Any]:
    """A virtual raster, so that nothing but blocks is ever in memory."""
    box = area.extent
    first, last = dataset.GetRasterBand(1), dataset.GetRasterBand(dataset.RasterCount)
    palette = first.GetColorTable() is not None
    bare = first.GetNoDataValue() is None and last.GetColorInterpretation() != gdal.GCI_AlphaBand
    options: dict[str, Any] = {
        "format": "VRT",
        "srcSRS": own,
        "dstSRS": wkt_of(area.crs),
        "outputBounds": (box.xMinimum(), box.yMinimum(), box.xMaximum(), box.yMaximum()),
        "resampleAlg": "near" if palette else "bilinear",
        "dstAlpha": bare and not palette,
    }
    if resolution > 0:
        size = in_units(resolution, area.crs)
        options.update(xRes=size, yRes=size)
    return options


def _is_bare(dataset: gdal.Dataset) -> bool:
    """Whether a clipped raster shows no valid cell at a glance."""
    cols, rows = dataset.RasterXSize, dataset.RasterYSize
    glance = {"buf_xsize": min(cols, _GLANCE), "buf_ysize": min(rows, _GLANCE)}
    return not dataset.GetRasterBand(1).GetMaskBand().ReadAsArray(0, 0, cols, rows, **glance).any()


def _packing(dataset: gdal.Dataset) -> dict[str, Any]:
    """How a clipped map is written: photographs as JPEG with a mask, all else without loss."""
    common = ["TILED=YES", f"BLOCKXSIZE={_TILE}", f"BLOCKYSIZE={_TILE}", "BIGTIFF=IF_SAFER"]
    if not is_photograph(dataset):
        return {"format": "GTiff", "creationOptions": [*common, "COMPRESS=DEFLATE"]}
    options = [*common, "COMPRESS=JPEG", f"JPEG_QUALITY={_JPEG_QUALITY}", "PHOTOMETRIC=YCBCR"]
    found: dict[str, Any] = {"format": "GTiff", "creationOptions": options, "bandList": [1, 2, 3]}
    if dataset.RasterCount == 4:
        found["maskBand"] = 4
    return found


def is_photograph(dataset: gdal.Dataset) -> bool:
    """Three bands of bytes, with or without transparency."""
    kinds = {dataset.GetRasterBand(n + 1).DataType for n in range(dataset.RasterCount)}
    return kinds == {gdal.GDT_Byte} and dataset.RasterCount in (3, 4)


def _add_overviews(dataset: gdal.Dataset) -> None:
    levels: list[int] = []
    size = max(dataset.RasterXSize, dataset.RasterYSize)
    while size > 2 * _TILE:
        levels.append(2 ** (len(levels) + 1))
        size //= 2
    if levels:
        gdal_call(dataset.BuildOverviews, "AVERAGE" if is_photograph(dataset) else "NEAREST", levels)


def in_units(metres: float, crs: QgsCoordinateReferenceSystem) -> float:
    """A length in the units of a CRS; degrees are those of a meridian."""
    return metres / (1.0 if is_in_metres(crs) else _M_PER_DEGREE)


def area_of(extent: QgsRectangle, crs: QgsCoordinateReferenceSystem, margin: float) -> Area:
    """An extent with a margin in metres on each side."""
    found = QgsRectangle(extent)
    found.grow(in_units(margin, crs))
    return Area(crs, found)


def background_faults(layers: list[QgsRasterLayer], parameter: str) -> Tuple[list[BaseMap], list[Problem]]:
    """The layers as base maps and what is wrong with the others, all at once."""
    found: list[BaseMap] = []
    faults: list[Problem] = []
    for layer in layers:
        try:
            found.append(base_map(layer, parameter))
        except InputError as error:
            faults += error.problems
    return found, faults
