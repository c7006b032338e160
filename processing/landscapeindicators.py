"""``qingliu:landscapeindicators``: C.1, C.2, C.7, the areas of A.1 and A.3, and companion pattern metrics."""

from __future__ import annotations

import re
from typing import Any, Iterator, NamedTuple, Sequence

import numpy as np
from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsGeometry,
    QgsProcessing,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingOutputNumber,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterEnum,
    QgsProcessingParameterFeatureSink,
    QgsProcessingParameterFeatureSource,
    QgsProcessingParameterField,
    QgsProcessingParameterFile,
    QgsProcessingParameterNumber,
)

from ..core.areas import Part, Zone, ZoneAreas, area_table
from ..core.erosion.scale import M2_PER_HM2, IntensityScale
from ..core.erosion.survey import A3_CLASSES, a3_row, erosion_areas
from ..core.erosion.tables import intensity_scale
from ..core.errors import InputError, Problem
from ..core.grid import GridFrame
from ..core.indicators.land_table import COLUMNS as LAND_COLUMNS
from ..core.indicators.land_table import land_areas
from ..core.indicators.landscape import (
    FormulaValue,
    conservation,
    counts_as_forest_grass,
    forest_grass_cover,
    village_green_rate,
)
from ..core.landscape.metrics import MetricValue, pattern, texts
from ..core.landscape.mosaic import mosaic, square_cell_size
from ..core.landuse import LandClass
from ..core.standard import default_edition
from ..layers.cells import (
    NativeFrame,
    cell_polygons,
    centre_mask,
    frame_over,
    native_frame,
    near_mask,
    square_frame,
)
from ..layers.crs import from_wkt, is_in_metres, wkt_of
from ..layers.datums import Transform, guard
from ..layers.erosion import CLASS_FIELD, erosion_parts
from ..layers.planar import QgisPlanar, gathered, geometry_of, polygons_in
from ..layers.rasters import read_codes
from ..layers.records import POLYGON, Record, Wanted
from .algorithm import QingliuAlgorithm
from .extent import Extent, alone, read_extent
from .feedback import StageProgress
from .inputs import Inputs
from .landinput import LandCells, LandPolygons, add_landuse, field_of, land_grid, read_cells, read_polygons
from .results import write_table

STAGES = (
    ("read_features", 0.5), ("read_raster", 1.0), ("cell_polygons", 1.0), ("areas_read", 1.0), ("areas", 3.0),
    ("landscape_patches", 1.0), ("landscape_sides", 1.0), ("landscape_nearest", 2.0), ("write_features", 0.5),
)  # fmt: skip

FIELDS = (
    ("indicator", "text"), ("name_zh", "text"), ("name_en", "text"), ("value", "number"), ("unit", "text"),
    ("clause", "text"), ("formula", "text"), ("scope", "text"), ("scope_id", "text"), ("level", "text"),
    ("class_code", "text"),
)  # fmt: skip

# Number output and indicator number of table 7-1 by formula.
INDICATORS = {
    "C.1": ("CONSERVATION_RATE", 1),
    "C.2": ("FOREST_GRASS_COVER", 2),
    "C.7": ("VILLAGE_GREEN_RATE", 13),
}
ZONE_FIELD = "zone"
RATE_DECIMALS, HM2_DECIMALS = 6, 4


class Scope(NamedTuple):
    """Where an indicator is measured: ``kind`` watershed, zone or polygon, and which one."""

    kind: str
    name: str | None
    geometry: QgsGeometry

    @property
    def zone(self) -> Zone:
        """The same as core measures in it."""
        return Zone(self.name or "BOUNDARY", bytes(self.geometry.asWkb()))


class Land(NamedTuple):
    """Land use as exact parts, coded by class (empty: none), and how it was read."""

    parts: Sequence[Part]
    source: LandPolygons | LandCells
    native: NativeFrame | None = None


class Scene(NamedTuple):
    """What a pattern is measured on: position in ``names`` of each cell's class, -1 without one."""

    places: np.ndarray
    names: Sequence[str]
    frame: GridFrame
    to_cells: Transform


class LandscapeIndicators(QingliuAlgorithm):
    """See ``resources/help/landscapeindicators.yaml``."""

    ID = "landscapeindicators"

    def define(self) -> None:
        """Parameters as CONTRACT names them."""
        polygon = QgsProcessing.SourceType.TypeVectorPolygon
        self.add(QgsProcessingParameterFeatureSource("BOUNDARY", self.label("BOUNDARY"), [polygon]))
        add_landuse(self)
        wetland = QgsProcessingParameterBoolean("WETLAND_FOREST", self.label("WETLAND_FOREST"), False)
        self.add(wetland)
        self._source("EROSION", field=True)
        self._source("GREEN", field=True)
        self._source("BUILT")
        self._source("VILLAGES")
        self._source("ZONES")
        metrics = QgsProcessingParameterEnum(
            "METRICS", self.label("METRICS"), list(texts()), True, None, True
        )
        metrics.setUsesStaticStrings(True)
        self.add(metrics)
        double = QgsProcessingParameterNumber.Type.Double
        cell = QgsProcessingParameterNumber("CELL_SIZE", self.label("CELL_SIZE"), double, None, True, 0.01)
        self.add(cell)
        neighbours = QgsProcessingParameterEnum(
            "NEIGHBOURS", self.label("NEIGHBOURS"), ["8", "4"], False, "8"
        )
        neighbours.setUsesStaticStrings(True)
        self.add(neighbours)
        edge = QgsProcessingParameterBoolean("BOUNDARY_IS_EDGE", self.label("BOUNDARY_IS_EDGE"), False)
        self.add(edge)
        behaviour = QgsProcessingParameterFile.Behavior.File
        county = QgsProcessingParameterFile("COUNTY", self.label("COUNTY"), behaviour, "yaml", optional=True)
        self.add(county, advanced=True)
        table = QgsProcessing.SourceType.TypeVector
        self.add(QgsProcessingParameterFeatureSink("OUTPUT", self.label("OUTPUT"), table))
        for name, _ in INDICATORS.values():
            self.addOutput(QgsProcessingOutputNumber(name, self.label(name)))

    def _source(self, name: str, *, field: bool = False) -> None:
        polygon = QgsProcessing.SourceType.TypeVectorPolygon
        self.add(QgsProcessingParameterFeatureSource(name, self.label(name), [polygon], optional=True))
        if field:
            key = f"{name}_FIELD"
            self.add(QgsProcessingParameterField(key, self.label(key), None, name, optional=True))

    def work(
        self, parameters: dict[str, Any], context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> dict[str, Any]:
        """Read, measure in every scope, write one table."""
        inputs = Inputs(self, parameters, context, feedback)
        progress = StageProgress(feedback, STAGES)
        inputs.county()
        extent = read_extent(inputs, progress)
        run = _Run(inputs, extent, progress)
        rows = list(run.rows())
        columns = self.columns("OUTPUT", *FIELDS)
        destination = write_table(self, inputs, "OUTPUT", columns, rows, progress)
        return {"OUTPUT": destination, **run.numbers}


class _Run:
    """One run: everything is read first, with all faults in one list, then measured."""

    def __init__(self, inputs: Inputs, extent: Extent, progress: StageProgress) -> None:
        self.inputs = inputs
        self.extent = extent
        self.progress = progress
        self.plane = QgisPlanar()
        self.edition = default_edition()
        self.scale: IntensityScale = intensity_scale(self.edition)
        self.numbers: dict[str, float | None] = {name: None for name, _ in INDICATORS.values()}

    def rows(self) -> Iterator[dict[str, Any]]:
        """The rows of the table: the norm's indicators and areas, then the companions."""
        inputs = self.inputs
        metrics = self._metrics()
        self._check_metrics(metrics)
        scopes = inputs.attempt(self._scopes) or []
        land = inputs.attempt(lambda: self._land(bool(metrics))) if inputs.given("LANDUSE") else None
        erosion = inputs.attempt(self._erosion) if inputs.given("EROSION") else None
        greens = inputs.attempt(self._greens) if inputs.given("GREEN") and inputs.given("BUILT") else None
        inputs.settle()
        if erosion is not None:
            yield from self._erosion_rows(erosion, scopes)
        if land is not None:
            yield from self._land_rows(land, scopes)
        if greens is not None:
            yield from self._green_rows(*greens)
        if land is not None and metrics:
            yield from self._metric_rows(land, metrics, scopes)

    # -- reading ---------------------------------------------------------------
    def _metrics(self) -> list[str]:
        inputs = self.inputs
        if not inputs.given("METRICS"):
            return []
        chosen = inputs.algorithm.parameterAsEnumStrings(inputs.parameters, "METRICS", inputs.context)
        return [name for name in chosen if name]

    def _check_metrics(self, metrics: Sequence[str]) -> None:
        inputs = self.inputs
        if not metrics:
            return
        if not inputs.given("LANDUSE"):
            facts = {"parameter": "LANDUSE", "label": inputs.algorithm.label("LANDUSE")}
            inputs.faults.append(Problem("QL-PARAM-MISSING", facts))
        elif not inputs.given("CELL_SIZE") and not inputs.is_raster("LANDUSE"):
            inputs.faults.append(Problem("QL-LANDSCAPE-CELLNEEDED", {"parameter": "CELL_SIZE"}))

    def _records(self, name: str, *fields: str) -> list[Record]:
        wanted = Wanted(POLYGON, tuple(fields))
        crs, first = self.extent.crs, self.extent.first
        inputs = self.inputs
        return alone(inputs, lambda: inputs.records(name, crs, wanted, first=first, progress=self.progress))

    def _scopes(self) -> list[Scope]:
        """The watershed, and each zone or polygon of ZONES as far as it lies in it."""
        boundary = self.extent.geometry
        scopes = [Scope("watershed", None, boundary)]
        if not self.inputs.given("ZONES"):
            return scopes
        records = self._records("ZONES")
        outside = 0
        for kind, name, shape in _named_zones(records):
            (inside,) = self.plane.clip([shape], boundary)
            if inside is None or not inside.area() > 0:
                outside += 1
                continue
            scopes.append(Scope(kind, name, inside))
        if outside:
            facts = {"layer": self.inputs.title("ZONES"), "parameter": "ZONES", "count": outside}
            self.inputs.warn([Problem("QL-LANDSCAPE-ZONEOUT", facts)])
        return scopes

    def _erosion(self) -> tuple[Sequence[Part], bool]:
        name = field_of(self.inputs, "EROSION", (CLASS_FIELD,))
        records = self._records("EROSION", name)
        title = self.inputs.title("EROSION")
        found = erosion_parts(records, name, self.scale, layer=title, parameter="EROSION")
        self.inputs.warn(found.warnings)
        if found.estimate:
            self.inputs.warn([Problem("QL-EROSION-ESTIMATE")])
        return found.parts, found.estimate

    def _land(self, lenient: bool) -> Land:
        inputs, extent = self.inputs, self.extent
        if not inputs.is_raster("LANDUSE"):
            land = read_polygons(inputs, extent.crs, extent.first, self.progress, lenient=lenient)
            parts = [
                Part(_code(kind), bytes(polygon.asWkb()), record.fid)
                for record, kind in zip(land.records, land.classes)
                for polygon in polygons_in(geometry_of(record.wkb or b""))
            ]
            return Land(parts, land)
        native = native_frame(inputs.raster("LANDUSE") or "", "LANDUSE")
        cells = read_cells(inputs, self._raster_frame(native), self.progress, lenient=lenient)
        return Land(self._cell_parts(cells), cells, native)

    def _raster_frame(self, native: NativeFrame) -> GridFrame:
        """The raster's own cells over the boundary; squares of their size where its CRS is another."""
        inputs, extent = self.inputs, self.extent
        to_target = self._guarded(from_wkt(native.frame.crs_wkt), extent.crs)
        frame = frame_over(native, to_target, extent.geometry.boundingBox())
        if not (to_target.identity and native.aligned):
            facts = {"layer": inputs.title("LANDUSE"), "parameter": "LANDUSE", "size": f"{frame.dx:g}"}
            inputs.warn([Problem("QL-CELLS-RESAMPLED", facts)])
        return frame

    def _guarded(
        self, source: QgsCoordinateReferenceSystem, target: QgsCoordinateReferenceSystem
    ) -> Transform:
        shifts = self.inputs.shifts
        return guard(source, target, layer="LANDUSE", parameter="LANDUSE", shifts=shifts).transform

    def _cell_parts(self, cells: LandCells) -> list[Part]:
        grid = land_grid(cells, cells.grid.frame)
        near = near_mask(self.extent.geometry, cells.grid.frame)
        # cells with a value but no class are land of unknown use, cells without a value a gap
        unknown = len(grid.classes)
        labels = np.where(grid.known, grid.places, np.where(cells.grid.valid, unknown, -1))
        labels = np.where(near, labels, -1)
        codes = [_code(c) for c in grid.classes] + [""]
        found = cell_polygons(labels, cells.grid.frame, self.progress)
        return [Part(codes[label], bytes(shape.asWkb()), n) for n, (label, shape) in enumerate(found)]

    def _greens(self) -> tuple[list[Part], list[Part], list[Zone]]:
        """Green land by class, construction land, and the villages' whole land."""
        name = field_of(self.inputs, "GREEN", (CLASS_FIELD,))
        green = [
            Part(_green_class(r.attributes.get(name)), r.wkb or b"", r.fid)
            for r in self._records("GREEN", name)
        ]
        built = [Part("built", r.wkb or b"", r.fid) for r in self._records("BUILT")]
        if not self.inputs.given("VILLAGES"):
            return green, built, []
        villages = [Zone(name, bytes(s.asWkb())) for _, name, s in _named_polygons(self._records("VILLAGES"))]
        return green, built, villages

    # -- the norm's ------------------------------------------------------------
    def _areas(self, parts: Sequence[Part], scopes: Sequence[Scope]) -> list[ZoneAreas]:
        found = area_table(parts, [s.zone for s in scopes], self.plane, self.progress)
        self.inputs.warn(found[0].warnings())  # the zones' gaps and overlaps are those of the whole
        return found

    def _erosion_rows(
        self, erosion: tuple[Sequence[Part], bool], scopes: Sequence[Scope]
    ) -> Iterator[dict[str, Any]]:
        parts, estimate = erosion
        for scope, areas in zip(scopes, self._areas(parts, scopes)):
            yield self._formula_row(conservation(areas, self.scale, estimate), scope)
            yield from self._a3_rows(areas, scope)

    def _a3_rows(self, areas: ZoneAreas, scope: Scope) -> Iterator[dict[str, Any]]:
        known = {str(c.code): c for c in self.scale.classes}
        graded = {known[c].code: area for c, area in areas.by_code.items() if c in known}
        values = a3_row(erosion_areas(graded, areas.total), self.scale)
        columns = {c.key: c for c in self.edition.table("A.3").columns}
        total = columns["erosion_total_hm2"]
        row = _row(scope, total.key, "水土流失面积", total.en, "A.3")
        yield {**row, "value": _rounded(values[total.key], HM2_DECIMALS), "unit": total.unit}
        for code, key in A3_CLASSES.items():
            zh = known[str(code)].zh
            for suffix, word in (("hm2", "面积"), ("pct", "面积占比")):
                column = columns[f"erosion_{key}_{suffix}"]
                row = _row(scope, column.key, f"{zh}侵蚀{word}", column.en, "A.3", class_code=str(code))
                value = _rounded(values[column.key], HM2_DECIMALS)
                yield {**row, "value": value, "unit": column.unit, "formula": column.formula}

    def _land_rows(self, land: Land, scopes: Sequence[Scope]) -> Iterator[dict[str, Any]]:
        classes = {p.code: LandClass(p.code) for p in land.parts if p.code}
        counts = counts_as_forest_grass(classes, self.inputs.flag("WETLAND_FOREST"))
        columns = {c.key: c for c in self.edition.table("A.1").columns}
        for scope, areas in zip(scopes, self._areas(land.parts, scopes)):
            yield self._formula_row(forest_grass_cover(areas, counts), scope)
            if not classes:
                continue
            by_first = land_areas(areas.by_code)
            for code, key in LAND_COLUMNS.items():
                column = columns[key]
                row = _row(scope, key, column.zh, column.en, "A.1", class_code=code)
                yield {**row, "value": round(by_first[code] / M2_PER_HM2, HM2_DECIMALS), "unit": column.unit}

    def _green_rows(
        self, green: Sequence[Part], built: Sequence[Part], villages: Sequence[Zone]
    ) -> Iterator[dict[str, Any]]:
        zone = self.extent.zone
        found = village_green_rate(green, built, zone, villages, self.plane, self.progress)
        for value in found:
            whole = value is found[-1]
            scope = Scope("watershed" if whole else "polygon", None if whole else value.scope, QgsGeometry())
            self.inputs.warn(value.warnings)
            yield self._formula_row(value, scope)
            yield self._whole_land_row(value, scope)

    def _whole_land_row(self, value: FormulaValue, scope: Scope) -> dict[str, Any]:
        """The definition's other denominator (整体用地), shown beside the formula's and never used."""
        indicator = self.edition.indicators[INDICATORS["C.7"][1]]
        name_en = f"{indicator.name_en}, of the village's whole land (shown only)"
        name_zh = f"{indicator.name_zh}（以村庄整体用地为分母，仅供对照）"
        row = _row(scope, f"{indicator.key}_whole_land", name_zh, name_en, "C.7")
        formula = f"(a_vg1 + a_vg2) / a_whole * 100; {_variables(value)}"
        rate = _rounded(value.others.get("of_whole_village_land"), RATE_DECIMALS)
        return {**row, "value": rate, "unit": indicator.unit, "formula": formula}

    def _formula_row(self, value: FormulaValue, scope: Scope) -> dict[str, Any]:
        output, number = INDICATORS[value.formula]
        indicator = self.edition.indicators[number]
        expression = indicator.formula.expr if indicator.formula else ""
        rate = _rounded(value.value, RATE_DECIMALS)
        if scope.kind == "watershed":
            self.numbers[output] = rate
            self._tell_bounds(value, indicator.name_zh, indicator.name_en)
        row = _row(scope, indicator.key, indicator.name_zh, indicator.name_en, value.formula)
        parts = [expression, _variables(value), *(["estimate"] if value.estimate else [])]
        return {**row, "value": rate, "unit": indicator.unit, "formula": "; ".join(parts)}

    def _tell_bounds(self, value: FormulaValue, name_zh: str, name_en: str) -> None:
        if value.value is not None or value.lower is None or value.upper is None:
            return
        facts: dict[str, Any] = {"formula": value.formula, "name_zh": name_zh, "name_en": name_en}
        facts.update(lower=f"{value.lower:.4f}", upper=f"{value.upper:.4f}")
        facts["area"] = f"{value.variables.get('unknown_area', 0.0):.4f}"
        self.inputs.warn([Problem("QL-LANDSCAPE-BOUNDS", facts)])

    # -- companions ------------------------------------------------------------
    def _metric_rows(
        self, land: Land, metrics: Sequence[str], scopes: Sequence[Scope]
    ) -> Iterator[dict[str, Any]]:
        inputs = self.inputs
        scene = self._scene(land)
        size = square_cell_size(scene.frame)
        neighbours, edge = int(inputs.choice("NEIGHBOURS")), inputs.flag("BOUNDARY_IS_EDGE")
        rules = f"neighbours = {neighbours}; cell = {size:g} m; boundary_is_edge = {str(edge).lower()}"
        for scope in scopes:
            inside = centre_mask(_moved(scope.geometry, scene.to_cells), scene.frame)
            if scope.kind == "watershed":
                self._tell_unclassed(inside, scene.places)
            kept = np.where(inside, scene.places, -1)
            if not (kept >= 0).any():
                continue
            found = pattern(mosaic(_trimmed(kept), size, -1), metrics, neighbours, edge, self.progress)
            for value in found.values:
                yield _metric_row(value, scope, scene.names, rules)

    def _scene(self, land: Land) -> Scene:
        """The classified cells that the pattern is measured on.

        A raster's classes are its own values, as FRAGSTATS takes them, on its own cells wherever they
        are in metres, since resampling would change the patches; polygons' are GB/T 21010's.
        """
        inputs, extent = self.inputs, self.extent
        box = extent.geometry.boundingBox()
        to_cells = Transform(extent.crs, extent.crs, identity=True)
        if inputs.given("CELL_SIZE"):
            frame = square_frame(box, inputs.number("CELL_SIZE"), wkt_of(extent.crs))
        elif land.native is None:
            raise InputError("QL-LANDSCAPE-CELLNEEDED", parameter="CELL_SIZE")
        else:
            crs = from_wkt(land.native.frame.crs_wkt)
            frame = land.source.grid.frame
            if land.native.aligned and is_in_metres(crs):
                to_cells = self._guarded(extent.crs, crs)
                own = Transform(crs, crs, identity=True)
                frame = frame_over(land.native, own, to_cells.rectangle(box))
        if isinstance(land.source, LandPolygons):
            return Scene(*_classes_of_polygons(land.source, frame), frame, to_cells)
        return Scene(*self._values_of(frame), frame, to_cells)

    def _values_of(self, frame: GridFrame) -> tuple[np.ndarray, list[str]]:
        """Position of each cell's value in the values of the land-use raster, -1 where it has none."""
        inputs = self.inputs
        source, algorithm = inputs.raster("LANDUSE") or "", inputs.algorithm.name()
        grid = read_codes(
            source, "LANDUSE", frame, algorithm=algorithm, shifts=inputs.shifts, progress=self.progress
        ).grid
        found, inverse = np.unique(grid.codes, return_inverse=True)
        places = np.where(grid.valid, inverse.reshape(grid.codes.shape), -1)
        return places.astype(np.int32), [str(code) for code in found.tolist()]

    def _tell_unclassed(self, inside: np.ndarray, codes: np.ndarray) -> None:
        """Cells inside without a class are outside the landscape, as FRAGSTATS takes them."""
        without = int((inside & (codes < 0)).sum())
        if without:
            share = f"{100 * without / int(inside.sum()):.3f}"
            self.inputs.warn([Problem("QL-LANDSCAPE-UNCLASSED", {"cells": f"{without:,}", "share": share})])


def _classes_of_polygons(land: LandPolygons, frame: GridFrame) -> tuple[np.ndarray, list[str]]:
    """Position of each cell's class among the codes of GB/T 21010 that occur, -1 where it has none."""
    grid = land_grid(land, frame)
    names = sorted({c.code for c in grid.classes})
    place = np.array([names.index(c.code) for c in grid.classes] + [-1], dtype=np.int32)
    return place[grid.places], names


def _moved(shape: QgsGeometry, transform: Transform) -> QgsGeometry:
    found = QgsGeometry(shape)
    if not transform.identity:
        found.transform(transform.qgis())
    return found


def _row(
    scope: Scope,
    indicator: str,
    name_zh: str,
    name_en: str,
    clause: str | None,
    *,
    class_code: str | None = None,
) -> dict[str, Any]:
    return {
        "indicator": indicator,
        "name_zh": name_zh,
        "name_en": name_en,
        "clause": clause,
        "scope": scope.kind,
        "scope_id": scope.name,
        "level": "norm",
        "class_code": class_code,
    }


def _metric_row(value: MetricValue, scope: Scope, names: Sequence[str], rules: str) -> dict[str, Any]:
    text = texts()[value.metric]
    code = None if value.class_code is None else names[value.class_code]
    row = _row(scope, value.metric, text.zh, text.en, None, class_code=code)
    formula = f"{text.formula}; {rules}"
    return {**row, "value": value.value, "unit": text.unit, "formula": formula, "level": value.level}


def _variables(value: FormulaValue) -> str:
    return ", ".join(f"{key} = {number:.4f}" for key, number in value.variables.items())


def _rounded(value: float | None, decimals: int) -> float | None:
    return None if value is None else round(value, decimals)


def _code(kind: LandClass | None) -> str:
    return "" if kind is None else kind.code


def _green_class(value: Any) -> str:
    """VG1 .. of ``VG1``, ``vg1 公园绿地``; anything else as it stands."""
    text = "" if value is None else str(value).strip()
    found = re.match(r"VG\d", text.upper())
    return found.group(0) if found else text


def _trimmed(codes: np.ndarray) -> np.ndarray:
    """Without the empty rows and columns around the landscape."""
    rows, cols = np.flatnonzero((codes >= 0).any(axis=1)), np.flatnonzero((codes >= 0).any(axis=0))
    return codes[rows[0] : rows[-1] + 1, cols[0] : cols[-1] + 1]


def _named_zones(records: Sequence[Record]) -> list[tuple[str, str, QgsGeometry]]:
    """(zone, its key, geometry) of zones, polygons of one key together; else every polygon by itself."""
    if not records or ZONE_FIELD not in records[0].attributes:
        return _named_polygons(records)
    together: dict[str, list[QgsGeometry]] = {}
    for record in records:
        key = str(record.attributes.get(ZONE_FIELD) or "-")
        together.setdefault(key, []).append(geometry_of(record.wkb or b""))
    return [("zone", key, QgsGeometry.unaryUnion(shapes)) for key, shapes in sorted(together.items())]


def _named_polygons(records: Sequence[Record]) -> list[tuple[str, str, QgsGeometry]]:
    """("polygon", name, geometry): its ``name`` where all differ, else its uuid, else its number."""
    for pick in (lambda r: r.attributes.get("name"), lambda r: r.uuid, lambda r: r.fid):
        names: Sequence[Any] = [pick(r) for r in records]
        if all(n not in (None, "") for n in names) and len(set(names)) == len(names):
            break
    shapes: list[QgsGeometry] = [gathered([geometry_of(r.wkb or b"")]) for r in records]
    return [("polygon", str(name), shape) for name, shape in zip(names, shapes)]
