"""Opening raster files without trusting them.

A raster comes as a layer or a path. Before GDAL opens it the file is looked at: absent,
empty, or a virtual raster (VRT) that runs code or reaches files outside its own folder.
GDAL's own errors are caught whichever way the host program has set GDAL's exceptions.
"""

from __future__ import annotations

import os
import posixpath
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Callable, Iterator, NamedTuple, TypeVar

import numpy as np
from osgeo import gdal, gdal_array
from qgis.core import QgsCoordinateReferenceSystem, QgsRasterLayer, QgsRectangle

from ..core.errors import Cancelled, InputError, Problem, problem
from ..core.grid import GridFrame
from ..core.progress import Progress

T = TypeVar("T")

# Drivers that fetch their cells through an index of other files or services.
_INDIRECT = frozenset({"GTI", "STACIT", "STACTA", "WMS", "WMTS", "WCS", "HTTP", "PLMOSAIC", "EEDAI", "DAAS"})
# Formats whose cells lie bare in the file: GDAL reads zeros beyond a cut-off end.
_RAW = frozenset({"ENVI", "EHdr", "RRASTER", "GenBin", "ISCE", "PAux", "MFF", "DOQ1", "DOQ2"})
BLOCK_BYTES = 16 * 2**20
_VRT_LIMIT = 64 * 2**20
_VRT_DEPTH = 8


class RasterSource(NamedTuple):
    """A raster as the user chose it.

    ``crs`` overrides the file's where the layer's properties say so; ``nodata_ranges`` are the
    user's own "additional no data values"; ``use_nodata`` False where the user switched the
    file's own off.
    """

    path: str
    name: str
    crs: QgsCoordinateReferenceSystem | None = None
    nodata_ranges: tuple[tuple[float, float], ...] = ()
    use_nodata: bool = True


class Subject(NamedTuple):
    """Codes of the faults of a raster file, by what the raster is used for."""

    missing: str
    empty: str
    unreadable: str
    cut_off: str
    provider: str
    vrt_code: str
    vrt_missing: str
    vrt_loop: str
    vrt_outside: str


DEM_FILE = Subject(
    "QL-DEM-MISSING",
    "QL-DEM-EMPTY",
    "QL-DEM-UNREADABLE",
    "QL-DEM-CUTOFF",
    "QL-DEM-PROVIDER",
    "QL-DEM-VRTCODE",
    "QL-DEM-VRTMISSING",
    "QL-DEM-VRTLOOP",
    "QL-DEM-VRTOUTSIDE",
)
RASTER_FILE = Subject(
    "QL-LAYER-MISSING",
    "QL-LAYER-EMPTY",
    "QL-LAYER-UNREADABLE",
    "QL-LAYER-CUTOFF",
    "QL-LAYER-PROVIDER",
    "QL-LAYER-VRTCODE",
    "QL-LAYER-VRTMISSING",
    "QL-LAYER-VRTLOOP",
    "QL-LAYER-VRTOUTSIDE",
)


@contextmanager
def quiet_gdal() -> Iterator[None]:
    """GDAL's messages stay out of the log; the last one can still be asked for."""
    gdal.PushErrorHandler("CPLQuietErrorHandler")
    gdal.ErrorReset()
    try:
        yield
    finally:
        gdal.PopErrorHandler()


def gdal_call(function: Callable[..., T], *args: Any, **kwargs: Any) -> tuple[T | None, str]:
    """(result, "") or (None, GDAL's reason), with GDAL's exceptions on or off.

    To be used inside :func:`quiet_gdal`.
    """
    gdal.ErrorReset()
    try:
        result = function(*args, **kwargs)
    except RuntimeError as error:
        return None, str(error)
    reason = gdal.GetLastErrorMsg() if result is None else ""
    return result, reason


class Watch:
    """GDAL's callback: hands on progress as a share of the stage, stops the work when the user said so."""

    def __init__(self, progress: Progress, share: float = 1.0) -> None:
        self._progress = progress
        self._share = share
        self._cancelled: Cancelled | None = None

    def __call__(self, fraction: float, message: str = "", data: Any = None) -> int:
        try:
            self._progress.step(self._share * fraction)
        except Cancelled as stop:
            self._cancelled = stop
            return 0
        return 1

    def raise_if_cancelled(self) -> None:
        """Raise the Cancelled that stopped the work."""
        if self._cancelled is not None:
            raise self._cancelled


@contextmanager
def watched(progress: Progress, share: float = 1.0) -> Iterator[Watch]:
    """A callback for GDAL's work in the block; a stop comes out as Cancelled in either mode of GDAL."""
    watch = Watch(progress, share)
    with quiet_gdal():
        try:
            yield watch
        except RuntimeError:  # with GDAL's exceptions on a stop is one too
            watch.raise_if_cancelled()
            raise
    watch.raise_if_cancelled()


def looking_at(source: RasterSource, parameter: str, subject: Subject, work: Callable[[], T]) -> T:
    """``work()`` on a raster: GDAL is quiet, and what it raises becomes ``subject.unreadable``.

    With GDAL's exceptions on, any look into a damaged file may raise. A failure leaves here without the
    frames it went through: they hold the dataset, and the file would stay open as long as the error lives.
    """
    failure: Exception
    with quiet_gdal():
        try:
            return work()
        except RuntimeError as error:
            facts: dict[str, Any] = {"layer": source.name, "parameter": parameter, "path": source.path}
            failure = InputError(subject.unreadable, reason=str(error), **facts)
        except (InputError, Cancelled) as error:
            failure = error.with_traceback(None)
    raise failure


def raster_source(layer: QgsRasterLayer | str | os.PathLike[str] | RasterSource) -> RasterSource:
    """The source behind a layer or path; call it in the main thread for a layer of the project."""
    if isinstance(layer, RasterSource):
        return layer
    if isinstance(layer, QgsRasterLayer):
        return _from_layer(layer)
    path = os.fspath(layer)
    return RasterSource(path, posixpath.basename(path.replace("\\", "/")) or path)


def _from_layer(layer: QgsRasterLayer) -> RasterSource:
    if layer.providerType() != "gdal":
        facts = {"parameter": "", "layer": layer.name(), "provider": layer.providerType()}
        raise InputError("QL-LAYER-PROVIDER", **facts)
    provider = layer.dataProvider()
    ranges = tuple((r.min(), r.max()) for r in provider.userNoDataValues(1)) if provider else ()
    declared = provider.useSourceNoDataValue(1) if provider else True
    crs = layer.crs() if layer.crs().isValid() else None
    return RasterSource(layer.source().split("|")[0], layer.name(), crs, ranges, declared)


def open_raster(source: RasterSource, parameter: str, subject: Subject = RASTER_FILE) -> gdal.Dataset:
    """The open dataset. Raises InputError with every fault that can be told from outside the file."""
    faults = file_problems(source, parameter, subject)
    if faults:
        raise InputError(problems=faults)
    facts: dict[str, Any] = {"layer": source.name, "parameter": parameter, "path": source.path}
    with quiet_gdal():
        dataset, reason = gdal_call(gdal.OpenEx, source.path, gdal.OF_RASTER | gdal.OF_READONLY)
    if dataset is None or dataset.RasterCount == 0:
        raise InputError(subject.unreadable, reason=reason or "-", **facts)
    driver = dataset.GetDriver().ShortName
    if driver.upper() in _INDIRECT:
        raise InputError(subject.provider, layer=source.name, parameter=parameter, provider=driver)
    if driver in _RAW and _is_short(dataset):
        raise InputError(subject.cut_off, row="-", reason=driver, **facts)
    return dataset


def file_problems(source: RasterSource, parameter: str, subject: Subject = RASTER_FILE) -> list[Problem]:
    """What is wrong with a raster's file before it is opened."""
    facts: dict[str, Any] = {"layer": source.name, "parameter": parameter, "path": source.path}
    if source.path.lstrip().startswith("<"):
        return [problem(subject.vrt_outside, source="<VRTDataset>", folder="-", **facts)]
    if _is_plain(source.path):
        found = Path(source.path)
        if not found.exists():
            return [problem(subject.missing, **facts)]
        if found.is_file() and found.stat().st_size == 0:
            return [problem(subject.empty, **facts)]
    return _vrt_problems(source, parameter, subject)


def _is_plain(path: str) -> bool:
    """Whether a path names a file of this machine rather than something GDAL resolves by itself."""
    drive = len(path) > 2 and path[1] == ":" and path[2] in "\\/"
    return not path.startswith("/vsi") and (drive or ":" not in path)


def _is_short(dataset: gdal.Dataset) -> bool:
    files = dataset.GetFileList() or []
    if not files or not Path(files[0]).is_file():
        return False
    with Path(files[0]).open("rb") as stream:
        if stream.read(2) == b"\x1f\x8b":
            return False
    cell = gdal.GetDataTypeSize(dataset.GetRasterBand(1).DataType) // 8
    expected = dataset.RasterXSize * dataset.RasterYSize * dataset.RasterCount * cell
    return Path(files[0]).stat().st_size < expected


# -- grids and arrays -------------------------------------------------------


def frame_extent(frame: GridFrame) -> QgsRectangle:
    """The rectangle a frame covers, in its CRS."""
    return QgsRectangle(
        frame.x0, frame.y0 - frame.rows * frame.dy, frame.x0 + frame.cols * frame.dx, frame.y0
    )


def memory_dataset(values: np.ndarray, frame: GridFrame) -> gdal.Dataset:
    """GDAL's view of an array (one copy), placed and named by ``frame``."""
    dataset = gdal_array.OpenArray(values)
    dataset.SetGeoTransform((frame.x0, frame.dx, 0.0, frame.y0, 0.0, -frame.dy))
    dataset.SetProjection(frame.crs_wkt)
    return dataset


def rows_per_block(band: gdal.Band, cols: int, rows: int) -> int:
    """How many rows to read at a time: whole storage blocks, about 16 MiB of float32."""
    height = max(band.GetBlockSize()[1], 1)
    wanted = max(BLOCK_BYTES // (4 * cols), 1)
    return int(min(max(wanted // height, 1) * height, rows))


# -- virtual rasters --------------------------------------------------------


def _vrt_problems(source: RasterSource, parameter: str, subject: Subject) -> list[Problem]:
    text = _vrt_text(source.path)
    if text is None:
        return []
    walk = _VrtWalk(source, parameter, subject)
    walk.visit(source.path, text, ())
    return walk.faults


def _vrt_text(path: str) -> str | None:
    """The XML of a virtual raster, None for any other file."""
    with quiet_gdal():
        stream, _ = gdal_call(gdal.VSIFOpenL, path, "rb")
        if stream is None:
            return None
        try:
            head = gdal.VSIFReadL(1, 4096, stream) or b""
            if b"<VRTDataset" not in bytes(head):
                return None
            gdal.VSIFSeekL(stream, 0, 0)
            return bytes(gdal.VSIFReadL(1, _VRT_LIMIT, stream)).decode("utf-8", "replace")
        finally:
            gdal.VSIFCloseL(stream)


def _canonical(path: str) -> str:
    return posixpath.normpath(path) if path.startswith("/vsi") else os.path.realpath(path)


class _VrtWalk:
    """Follows a virtual raster's sources; collects ``faults``."""

    def __init__(self, source: RasterSource, parameter: str, subject: Subject) -> None:
        self.subject = subject
        self.facts: dict[str, Any] = {"layer": source.name, "parameter": parameter, "path": source.path}
        self.folder = posixpath.dirname(_canonical(source.path).replace("\\", "/"))
        self.faults: list[Problem] = []
        self._seen: set[str] = set()

    def visit(self, path: str, text: str, above: tuple[str, ...]) -> None:
        """Look into one virtual raster; ``above`` are those that led here."""
        with quiet_gdal():
            tree, reason = gdal_call(gdal.ParseXMLString, text)
        if tree is None:
            self._add(self.subject.unreadable, reason=reason or "XML")
            return
        if _runs_code(tree):
            self._add(self.subject.vrt_code)
        here = _canonical(path)
        for name, relative in _vrt_sources(tree):
            self._follow(name, relative, here, (*above, here))

    def _follow(self, name: str, relative: bool, here: str, above: tuple[str, ...]) -> None:
        if name.lstrip().startswith("<") or not (_is_plain(name) or name.startswith("/vsi")):
            self._add(self.subject.vrt_outside, source=name[:80], folder=self.folder)
            return
        place = name
        if relative or not (Path(name).is_absolute() or name.startswith("/vsi")):
            place = posixpath.join(posixpath.dirname(here.replace("\\", "/")), name.replace("\\", "/"))
        target = _canonical(place)
        if target in above or len(above) > _VRT_DEPTH:
            self._add(self.subject.vrt_loop, source=name)
        elif not target.replace("\\", "/").startswith(self.folder.rstrip("/") + "/"):
            self._add(self.subject.vrt_outside, source=name, folder=self.folder)
        elif not _exists(target):
            self._add(self.subject.vrt_missing, source=name)
        elif target not in self._seen:
            self._seen.add(target)
            text = _vrt_text(target)
            if text is not None:
                self.visit(target, text, above)

    def _add(self, code: str, **facts: Any) -> None:
        found = problem(code, **facts, **self.facts)
        if found not in self.faults:
            self.faults.append(found)


def _exists(path: str) -> bool:
    with quiet_gdal():
        found, _ = gdal_call(gdal.VSIStatL, path)
    return found is not None


def _runs_code(tree: list[Any]) -> bool:
    """Whether any band is derived by a pixel function, built in or in Python."""
    for name, node in _elements(tree):
        if name.startswith("PixelFunction"):
            return True
        if name == "VRTRasterBand" and "Derived" in _attribute(node, "subClass"):
            return True
    return False


def _vrt_sources(tree: list[Any]) -> list[tuple[str, bool]]:
    """(file name, whether relative to the VRT) of every source."""
    found = []
    for name, node in _elements(tree):
        if name in ("SourceFilename", "SourceDataset"):
            text = "".join(child[1] for child in node[2:] if child[0] == gdal.CXT_Text)
            found.append((text.strip(), _attribute(node, "relativeToVRT") == "1"))
    return found


def _elements(tree: list[Any]) -> Iterator[tuple[str, list[Any]]]:
    if tree[0] == gdal.CXT_Element:
        yield tree[1], tree
        for child in tree[2:]:
            if isinstance(child, list):
                yield from _elements(child)


def _attribute(node: list[Any], name: str) -> str:
    for child in node[2:]:
        if child[0] == gdal.CXT_Attribute and child[1] == name:
            return str(child[2][1])
    return ""
