"""``qingliu:erosionintensity``: how much land erodes how strongly (SL 190, table A.3, C.1)."""

from __future__ import annotations

import math
from typing import Any, Mapping, NamedTuple, Sequence

import numpy as np
from qgis.core import (
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
    QgsProcessingParameterRasterLayer,
    QgsProcessingParameterString,
    QgsWkbTypes,
)

from ..core.areas import Overlap, ZoneAreas, cover, length_in, read_parts
from ..core.erosion.intensity import grade_gullies
from ..core.erosion.scale import M2_PER_HM2, NO_CLASS, IntensityScale
from ..core.erosion.survey import (
    AREA_TOLERANCE,
    ConservationRate,
    ErosionAreas,
    a3_row,
    conservation_rate,
    erosion_areas,
    gully_density,
)
from ..core.erosion.tables import face_table, gully_table, intensity_scale
from ..core.errors import InputError, Problem
from ..core.standard import default_edition
from ..layers.cells import cell_polygons, near_mask
from ..layers.erosion import NO_CODE
from ..layers.planar import QgisPlanar, gathered, geometry_of
from ..layers.records import ANY, LINE, Record, Wanted
from .algorithm import QingliuAlgorithm
from .charts import add_chart, erosion_chart, rate_note, write_chart
from .erosioninput import read_erosion
from .erosionsources import FACTOR_NAMES, OFFICIAL, Graded, Grading, Prepared, chosen_source, prepare
from .extent import Extent, read_extent
from .feedback import StageProgress
from .inputs import Inputs
from .landinput import add_landuse
from .results import write_layer, write_table

STAGES = (
    ("read_dem", 1.0), ("read_features", 0.5), ("slope", 1.0), ("read_raster", 1.0), ("cell_polygons", 2.0),
    ("areas_read", 1.0), ("areas", 2.0), ("write_features", 0.5),
)  # fmt: skip

FIELDS = (("class", "integer"), ("class_name", "text"), ("area_hm2", "number"), ("estimate", "boolean"))

# Decimals of a value by its unit (CONTRACT, "General": km² 6, hm² 4).
DECIMALS = {"km2": 6, "hm2": 4, "%": 4, "t/(km2·a)": 3, "km/km2": 6}


class Piece(NamedTuple):
    """A polygon of the result and its class, 0 without one."""

    code: int
    shape: QgsGeometry


class Found(NamedTuple):
    """The classes of all land inside the boundary as polygons that do not overlap, and how they came."""

    pieces: Sequence[Piece]
    estimate: bool
    method: str
    modulus: float | None = None


class Gullies(NamedTuple):
    """Gullies drawn as lines, gullies drawn as polygons, and channels."""

    lines: Sequence[Record]
    polygons: Sequence[Record]
    channels: Sequence[Record]


class ErosionIntensity(QingliuAlgorithm):
    """See ``resources/help/erosionintensity.yaml``."""

    ID = "erosionintensity"

    def define(self) -> None:
        """Parameters as CONTRACT names them."""
        polygon = QgsProcessing.SourceType.TypeVectorPolygon
        self.add(QgsProcessingParameterFeatureSource("BOUNDARY", self.label("BOUNDARY"), [polygon]))
        self._source("OFFICIAL", polygon)
        label = self.label("OFFICIAL_FIELD")
        self.add(QgsProcessingParameterField("OFFICIAL_FIELD", label, None, "OFFICIAL", optional=True))
        for name in (*FACTOR_NAMES, "SOIL_LOSS"):
            self.add(QgsProcessingParameterRasterLayer(name, self.label(name), optional=True))
        regions = list(intensity_scale(default_edition()).tolerable)
        region = QgsProcessingParameterEnum("REGION", self.label("REGION"), regions, False, None, True)
        region.setUsesStaticStrings(True)
        self.add(region)
        self.add(QgsProcessingParameterRasterLayer("DEM", self.label("DEM"), optional=True))
        add_landuse(self)
        self.add(QgsProcessingParameterRasterLayer("COVER", self.label("COVER"), optional=True))
        self._source("GULLIES", QgsProcessing.SourceType.TypeVectorAnyGeometry)
        self._source("CHANNELS", QgsProcessing.SourceType.TypeVectorLine)
        self._define_advanced()
        self.add(QgsProcessingParameterFeatureSink("OUTPUT", self.label("OUTPUT"), polygon))
        table = QgsProcessing.SourceType.TypeVector
        self.add(QgsProcessingParameterFeatureSink("TABLE", self.label("TABLE"), table, None, True))
        add_chart(self)
        self.addOutput(QgsProcessingOutputNumber("CONSERVATION_RATE", self.label("CONSERVATION_RATE")))

    def _define_advanced(self) -> None:
        rest = QgsProcessingParameterBoolean("REST_SLIGHT", self.label("REST_SLIGHT"), False)
        self.add(rest, advanced=True)
        exempt = QgsProcessingParameterString("EXEMPT", self.label("EXEMPT"), None, optional=True)
        self.add(exempt, advanced=True)
        share = QgsProcessingParameterEnum(
            "SHARE_OF", self.label("SHARE_OF"), ["eroded", "watershed"], False, "eroded"
        )
        share.setUsesStaticStrings(True)
        self.add(share, advanced=True)
        behaviour = QgsProcessingParameterFile.Behavior.File
        county = QgsProcessingParameterFile("COUNTY", self.label("COUNTY"), behaviour, "yaml", optional=True)
        self.add(county, advanced=True)

    def _source(self, name: str, kind: QgsProcessing.SourceType) -> None:
        self.add(QgsProcessingParameterFeatureSource(name, self.label(name), [kind], optional=True))

    def work(
        self, parameters: dict[str, Any], context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> dict[str, Any]:
        """Read the boundary, grade the land in it, measure, write."""
        inputs = Inputs(self, parameters, context, feedback)
        progress = StageProgress(feedback, STAGES)
        inputs.county()
        prepared = prepare(inputs, chosen_source(inputs), intensity_scale(default_edition()), progress)
        extent = read_extent(inputs, progress)
        return _Run(self, inputs, extent, progress).results(prepared)


class _Run:
    """One run: the boundary is read, everything else is measured in it."""

    def __init__(
        self, algorithm: ErosionIntensity, inputs: Inputs, extent: Extent, progress: StageProgress
    ) -> None:
        self.algorithm = algorithm
        self.inputs = inputs
        self.extent = extent
        self.progress = progress
        self.plane = QgisPlanar()
        self.edition = default_edition()
        self.scale: IntensityScale = intensity_scale(self.edition)

    def results(self, prepared: Prepared) -> dict[str, Any]:
        gullies = self._gullies()
        found = self._official() if prepared.source == OFFICIAL else self._graded(prepared)
        areas = self._areas(found.pieces)
        rate = conservation_rate(areas, self.scale, found.estimate)
        density = self._density(gullies)
        self._tell(found, areas, rate)
        results: dict[str, Any] = {"OUTPUT": self._write(found)}
        if self.inputs.given("TABLE"):
            results["TABLE"] = self._write_table(found, areas, density)
        if self.inputs.given("CHART"):
            results["CHART"] = self._write_chart(areas, rate)
        results["CONSERVATION_RATE"] = None if rate.value is None else round(rate.value, 6)
        return results

    # -- classes ---------------------------------------------------------------
    def _official(self) -> Found:
        """Monitoring polygons clipped to the boundary; the first keeps land that two claim."""
        inputs, plane = self.inputs, self.plane
        read = inputs.must(lambda: read_erosion(inputs, self.extent, "OFFICIAL", self.scale, self.progress))
        boundary = self.extent.geometry
        pieces = read_parts(read.parts, plane, self.progress)
        self.progress.stage("areas", len(pieces.items))
        kept = cover(pieces, boundary, "BOUNDARY", plane, self.progress)
        found = [Piece(NO_CLASS if p.code == NO_CODE else int(p.code), p.shape) for p in kept.pieces]
        if not found:
            raise InputError("QL-EROSION-OUTSIDE", layer=inputs.title("OFFICIAL"), parameter="OFFICIAL")
        self._tell_cover(kept.overlap, kept.overlaps, kept.gap)
        if kept.gap:
            whole = plane.union([p.shape for p in found])
            rest = boundary if whole is None else plane.minus(boundary, whole)
            code = self.scale.classes[0].code if inputs.flag("REST_SLIGHT") else NO_CLASS
            found += [] if rest is None else [Piece(code, rest)]
        return Found(found, read.estimate, "OFFICIAL")

    def _tell_cover(self, overlap: float, overlaps: tuple[Overlap, ...], gap: float) -> None:
        total = self.extent.geometry.area()
        areas = ZoneAreas("BOUNDARY", total, {}, gap, overlap, overlaps)
        slight = self.inputs.flag("REST_SLIGHT")
        self.inputs.warn([w for w in areas.warnings() if not (slight and w.code == "QL-AREA-GAP")])
        if gap and slight:
            self.inputs.warn([Problem("QL-EROSION-RESTSLIGHT", {"area": f"{gap / M2_PER_HM2:.4f}"})])

    def _graded(self, prepared: Prepared) -> Found:
        """Cells graded, one piece for each class, clipped so that they fill the boundary exactly."""
        grading = Grading(self.inputs, self.extent, prepared, self.scale, self.progress)
        graded = grading.graded(face_table(self.edition))
        return Found(self._pieces(graded), True, graded.method, graded.modulus)

    def _pieces(self, graded: Graded) -> list[Piece]:
        near = near_mask(self.extent.geometry, graded.frame)
        labels = np.where(near, graded.classes.astype(np.int32), -1)
        cells = list(cell_polygons(labels, graded.frame, self.progress))
        self.progress.stage("areas", len(cells))
        by_class: dict[int, list[QgsGeometry]] = {}
        for first in range(0, len(cells), 200):
            self.progress.step(first / len(cells))
            batch = cells[first : first + 200]
            inside = self.plane.clip([shape for _, shape in batch], self.extent.geometry)
            for (code, _), shape in zip(batch, inside):
                if shape is not None:
                    by_class.setdefault(code, []).append(shape)
        ordered = sorted(by_class, key=lambda code: (code == NO_CLASS, code))
        return [Piece(code, gathered(by_class[code])) for code in ordered]

    # -- measures --------------------------------------------------------------
    def _areas(self, pieces: Sequence[Piece]) -> ErosionAreas:
        """Areas by class; the pieces fill the boundary, and by how much they miss it is said."""
        total = self.extent.geometry.area()
        sums: dict[int, list[float]] = {}
        for piece in pieces:
            sums.setdefault(piece.code, []).append(piece.shape.area())
        by_class = {code: math.fsum(areas) for code, areas in sums.items()}
        surplus = math.fsum(by_class.values()) - total
        facts = {"total": f"{total:.4f}", "surplus": f"{surplus:+.6f}"}
        self.inputs.feedback.pushInfo(Problem("QL-EROSION-SUM", facts).text())
        if abs(surplus) > max(total * AREA_TOLERANCE, 1e-6):
            self.inputs.warn([Problem("QL-EROSION-SUMOFF", {"surplus": f"{surplus:+.1f}"})])
        return erosion_areas(by_class, total)

    def _gullies(self) -> Gullies:
        """Gullies as lines and as polygons, and channels; a fault where gullies are points."""
        inputs = self.inputs
        gullies = self._records("GULLIES", Wanted(ANY)) if inputs.given("GULLIES") else []
        channels = self._records("CHANNELS", Wanted(LINE)) if inputs.given("CHANNELS") else []
        lines = [r for r in gullies if geometry_of(r.wkb or b"").type() == _LINES]
        polygons = [r for r in gullies if geometry_of(r.wkb or b"").type() == _POLYGONS]
        if len(lines) + len(polygons) < len(gullies):
            facts = {"parameter": "GULLIES", "layer": inputs.title("GULLIES"), "expected": "line, polygon"}
            inputs.faults.append(Problem("QL-LAYER-GEOMETRYTYPE", {"found": "point", **facts}))
        return Gullies(lines, polygons, channels)

    def _density(self, gullies: Gullies) -> float | None:
        """Gully density, km/km², by gully lines or else by channels; None where neither is given."""
        total = self.extent.geometry.area()
        own = gully_density(self._inside(gullies.lines), total) if gullies.lines else None
        self._grade_gullies(own, gullies.polygons)
        if own is not None or not self.inputs.given("CHANNELS"):
            return own
        return gully_density(self._inside(gullies.channels), total)

    def _inside(self, lines: Sequence[Record]) -> float:
        return length_in((r.wkb or b"" for r in lines), self.extent.zone, self.plane, self.progress)

    def _grade_gullies(self, density: float | None, polygons: Sequence[Record]) -> None:
        """SL 190's class of the gully erosion goes to the log: it grades the whole, not polygons."""
        total = self.extent.geometry.area()
        share = None
        if polygons:
            whole = self.plane.union([geometry_of(r.wkb or b"") for r in polygons])
            (inside,) = self.plane.clip([whole], self.extent.geometry)
            share = 100 * (inside.area() if inside is not None else 0.0) / total
        grade = grade_gullies(density, share, gully_table(self.edition))
        if grade is not None:
            shown = {"density": "-" if density is None else f"{density:.3f}"}
            shown["share"] = "-" if share is None else f"{share:.3f}"
            facts = {**shown, "grade": f"{grade} {self._name(grade)}"}
            self.inputs.feedback.pushInfo(Problem("QL-EROSION-GULLIES", facts).text())

    def _records(self, name: str, wanted: Wanted) -> list[Record]:
        crs, first = self.extent.crs, self.extent.first
        return self.inputs.records(name, crs, wanted, first=first, progress=self.progress)

    def _tell(self, found: Found, areas: ErosionAreas, rate: ConservationRate) -> None:
        say = self.inputs.feedback.pushInfo
        say(Problem("QL-EROSION-METHOD", {"method": found.method}).text())
        if found.estimate:
            self.inputs.warn([Problem("QL-EROSION-ESTIMATE")])
        if rate.value is None:
            facts = {"area": f"{rate.unknown_m2 / M2_PER_HM2:.4f}"}
            facts.update(lower=f"{rate.lower:.4f}", upper=f"{rate.upper:.4f}")
            facts["share"] = f"{100 * rate.unknown_m2 / areas.total:.3f}"
            self.inputs.warn([Problem("QL-EROSION-BOUNDS", facts)])

    def _name(self, code: int) -> str | None:
        return next((c.zh for c in self.scale.classes if c.code == code), None)

    # -- writing ---------------------------------------------------------------
    def _write(self, found: Found) -> str:
        algorithm = self.algorithm
        rows = [(self._row(piece, found.estimate), _multi(piece.shape)) for piece in found.pieces]
        columns = algorithm.columns("OUTPUT", *FIELDS)
        style = algorithm.style("erosion")
        return write_layer(
            algorithm, self.inputs, "OUTPUT", columns, rows, self.extent.crs,
            style=style, progress=self.progress,
        )  # fmt: skip

    def _row(self, piece: Piece, estimate: bool) -> dict[str, Any]:
        return {
            "class": piece.code or None,
            "class_name": self._name(piece.code),
            "area_hm2": round(piece.shape.area() / M2_PER_HM2, 4),
            "estimate": estimate,
        }

    def _write_table(self, found: Found, areas: ErosionAreas, density: float | None) -> str:
        share_of = self.inputs.choice("SHARE_OF")
        row: Mapping[str, float | None] = a3_row(areas, self.scale, found.modulus, density, share_of)
        units = {c.key: c.unit or "" for c in self.edition.table("A.3").columns}
        values: dict[str, Any] = {
            key: None if row[key] is None else round(row[key] or 0.0, DECIMALS[unit])
            for key, unit in units.items()
            if key in row
        }
        values.update(estimate=found.estimate, method=found.method)
        kinds = [(key, "number") for key in units if key in row]
        columns = self.algorithm.columns("TABLE", *kinds, ("estimate", "boolean"), ("method", "text"))
        return write_table(self.algorithm, self.inputs, "TABLE", columns, [values], self.progress)

    def _write_chart(self, areas: ErosionAreas, rate: ConservationRate) -> str:
        notes = [rate_note(rate.value, rate.lower, rate.upper)]
        if rate.estimate:
            notes.append(Problem("QL-EROSION-ESTIMATE").text())
        charts = [erosion_chart(areas, self.scale, self.algorithm.label("OUTPUT"))]
        return write_chart(self.algorithm, self.inputs, self.algorithm.displayName(), charts, notes)


_LINES = QgsWkbTypes.GeometryType.LineGeometry
_POLYGONS = QgsWkbTypes.GeometryType.PolygonGeometry


def _multi(shape: QgsGeometry) -> bytes:
    return bytes((shape if shape.isMultipart() else gathered([shape])).asWkb())
