"""What an evaluation measures on a survey's layers: areas of C.1, C.2 and C.7, banks of C.8, toilets, farms.

Figures are planar in the survey's CRS where it is metric, else in the metric CRS of its place; areas are
rounded to 1 m², lengths to 1 mm. A layer without rows gives no figure: it says nothing.
"""

from __future__ import annotations

import math
from typing import Any, Callable, Iterable, List, Mapping, NamedTuple, Sequence

import numpy as np
from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsGeometry,
    QgsProject,
    QgsRectangle,
)

from ..core.areas import Part, Zone, area_table
from ..core.erosion.tables import intensity_scale
from ..core.errors import Problem, QingliuError
from ..core.evaluation import Figure
from ..core.evaluation.reads import described
from ..core.evaluation.uncertainty import Accuracy, breaks_sd, class_sd, outline_sd, together
from ..core.indicators.landscape import (
    conservation,
    counts_as_forest_grass,
    forest_grass_cover,
    village_green_rate,
)
from ..core.indicators.toilets import road_distances, straight_distances
from ..core.landuse import LandClass
from ..core.progress import SILENT, Progress
from ..core.provenance import Feature
from ..core.shoreline import (
    ECOLOGICAL,
    NATURAL,
    UNCLASSIFIED,
    Lengths,
    ShoreSurvey,
    class_values,
    survey_shore,
)
from ..core.standard import Edition
from .crs import is_in_metres, output_crs
from .erosion import CLASS_FIELD, erosion_parts
from .landuse import classify_records
from .lines import line_parts
from .planar import QgisPlanar, gathered, geometry_of, polygons_in
from .records import Record
from .shore import BankFields, read_banks, read_channels, read_reaches
from .store import GpkgStore, Row
from .storecrs import crs_of

M2_PER_HM2 = 1e4
NATURAL_VALUES, ECOLOGICAL_VALUES, HARD_VALUES = "自然", "人工生态,硬质（已柔化美化）", "硬质"
REACH_DISTANCE_M, DUPLICATE_TOLERANCE_M = 30.0, 0.5


class Origin(NamedTuple):
    """Source and statistical year of a layer, from the survey's provenance."""

    source: str
    year: int | None
    estimate: bool = False


class Homes(NamedTuple):
    """Places where people live, (n, 2), with their distances to the nearest public toilet, m."""

    places: np.ndarray
    names: list[str]
    straight: np.ndarray
    roads: np.ndarray | None


class Home(NamedTuple):
    """A place where people live, at or beyond the limit ``straight``, along ``roads`` only, or ``both``."""

    x: float
    y: float
    values: Mapping[str, object]


class Figures(NamedTuple):
    """Figures by variable, what must be said, and the homes with their distances."""

    figures: dict[str, Figure]
    warnings: list[Problem]
    homes: Homes | None
    crs: QgsCoordinateReferenceSystem


class SurveyLayers:
    """The located rows of a store as records in a metric CRS, each layer read once."""

    def __init__(self, store: GpkgStore, edition: Edition) -> None:
        self.store = store
        self.warnings: list[Problem] = []
        self._read: dict[str, list[Record]] = {}
        self._move: QgsCoordinateTransform | None = None
        self.crs = crs_of(store)
        if not is_in_metres(self.crs):
            self._choose_metric()
        self.origins = origins(store, edition)

    def _choose_metric(self) -> None:
        box = QgsRectangle()
        for row in self.store.rows("boundary"):
            if row.wkb:
                box.combineExtentWith(geometry_of(row.wkb).boundingBox())
        if box.isEmpty():
            return
        chosen = output_crs(self.crs, box, self.store.path.name)
        self.warnings += chosen.warnings
        self._move = QgsCoordinateTransform(self.crs, chosen.crs, QgsProject.instance().transformContext())
        self.crs = chosen.crs

    def records(self, name: str) -> list[Record]:
        """The rows of a layer that have a shape, polygons made valid."""
        if name not in self._read:
            if name not in self.store.tables():
                return []
            found = []
            for number, row in enumerate(self.store.rows(name), start=1):
                wkb = self._shape(row.wkb)
                if wkb is not None:
                    found.append(Record(number, row.uuid, wkb, row.values))
            self._read[name] = found
        return self._read[name]

    def _shape(self, wkb: bytes | None) -> bytes | None:
        if not wkb:
            return None
        shape = geometry_of(wkb)
        if shape.isNull() or shape.isEmpty():
            return None
        inner = shape.get()
        inner.dropZValue()
        inner.dropMValue()
        if self._move is not None:
            shape.transform(self._move)
        if polygons_in(shape) and not shape.isGeosValid():
            shape = gathered([shape.makeValid()])
        return bytes(shape.asWkb())

    def origin(self, *names: str) -> Origin:
        """Source and year of layers together: the oldest year, none where one of them has none."""
        found = [self.origins.get(n, Origin(n, None)) for n in names]
        years = [o.year for o in found]
        year = None if any(y is None for y in years) else min(y for y in years if y is not None)
        return Origin("；".join(dict.fromkeys(o.source for o in found)), year, any(o.estimate for o in found))


def origins(store: GpkgStore, edition: Edition) -> dict[str, Origin]:
    """Source and year of each layer: what the table ``provenance`` has, the oldest year of a layer counting.

    Without a year there, that of the sheets whose tables describe the layer (their survey date).
    """
    found: dict[str, Origin] = {}
    for row in store.rows("provenance"):
        name, year = row.values.get("table_name"), row.values.get("year")
        if not name:
            continue
        known = found.get(name)
        years = [y for y in (year, known.year if known else None) if y is not None]
        source = str(row.values.get("source") or (known.source if known else name))
        estimate = row.values.get("kind") == "estimate" or bool(known and known.estimate)
        found[name] = Origin(source, min(years) if years else None, estimate)
    for name, (year, source) in _sheet_years(store, edition).items():
        known = found.get(name)
        if known is None or known.year is None:
            found[name] = Origin(known.source if known else source, year, bool(known and known.estimate))
    return found


def _sheet_years(store: GpkgStore, edition: Edition) -> dict[str, tuple[int, str]]:
    """Layer -> the oldest year in which a table that describes it was surveyed, and that table."""
    dated = {str(r.values.get("table")): survey_year(r) for r in store.rows("sheet")}
    found: dict[str, tuple[int, str]] = {}
    for table in edition.tables.values():
        year = dated.get(table.name)
        for layer in described(table):
            if year is not None and (layer not in found or year < found[layer][0]):
                found[layer] = (year, f"{table.id} {table.title_zh}")
    return found


def survey_year(head: Row) -> int | None:
    """The year of a sheet's survey date."""
    text = str(head.values.get("survey_date") or "")[:4]
    return int(text) if text.isdigit() and len(text) == 4 else None


def measure(
    layers: SurveyLayers, edition: Edition, accuracy: Accuracy, progress: Progress = SILENT
) -> Figures:
    """Everything that can be measured; a layer that cannot be is said and left out. Raises Cancelled."""
    bench = _Bench(layers, edition, accuracy, progress)
    for work in (bench.erosion, bench.parcels, bench.green, bench.banks, bench.toilets, bench.counts):
        try:
            work()
        except QingliuError as error:
            bench.warnings += error.problems
    return Figures(bench.figures, [*layers.warnings, *bench.warnings], bench.homes, layers.crs)


class _Bench:
    """The figures of one survey."""

    def __init__(
        self, layers: SurveyLayers, edition: Edition, accuracy: Accuracy, progress: Progress
    ) -> None:
        self.progress = progress
        self.layers = layers
        self.edition = edition
        self.accuracy = accuracy
        self.plane = QgisPlanar()
        self.figures: dict[str, Figure] = {}
        self.warnings: list[Problem] = []
        self.homes: Homes | None = None
        self.zone = self._zone()
        if self.zone is not None:
            area = geometry_of(self.zone.wkb).area()
            self._put("total_area", hm2(area), ("boundary",))

    def _zone(self) -> Zone | None:
        records = self.layers.records("boundary")
        if not records:
            return None
        whole = QgsGeometry.unaryUnion([geometry_of(r.wkb or b"") for r in records])
        return Zone("boundary", bytes(whole.asWkb()))

    def _put(self, name: str, value: float | None, names: Sequence[str], **more: Any) -> None:
        origin = self.layers.origin(*names)
        self.figures[name] = Figure(
            value, source=origin.source, year=origin.year, estimate=origin.estimate,
            features=tuple(Feature(n) for n in names), **more,
        )  # fmt: skip

    # -- areas -------------------------------------------------------------------
    def erosion(self) -> None:
        """C.1: land of class 2 and above; land without a class leaves it open."""
        records = self.layers.records("erosion")
        if not records or self.zone is None:
            return
        scale = intensity_scale(self.edition)
        found = erosion_parts(records, CLASS_FIELD, scale, layer="erosion", parameter="erosion")
        self.warnings += found.warnings
        rate = conservation(
            area_table(found.parts, [self.zone], self.plane, self.progress)[0], scale, found.estimate
        )
        self.warnings += rate.warnings
        known, unknown = rate.variables["eroded_area"], rate.variables["unknown_area"]
        eroded = {str(c) for c in scale.eroded()}
        sd = self._area_sd(found.parts, lambda part: part.code in eroded)
        self._open("eroded_area", known, unknown, ("erosion", "boundary"), sd)

    def parcels(self) -> None:
        """C.2: forest, shrub and grass parcels."""
        records = self.layers.records("parcels")
        if not records or self.zone is None:
            return
        sizes = [geometry_of(r.wkb or b"").area() for r in records]
        found = classify_records(records, sizes, "landuse", layer="parcels", parameter="parcels")
        self.warnings += found.warnings
        parts = [
            Part(c.code if c is not None else "", bytes(p.asWkb()), r.fid)
            for r, c in zip(records, found.classes)
            for p in polygons_in(geometry_of(r.wkb or b""))
        ]
        counts = counts_as_forest_grass({p.code: LandClass(p.code) for p in parts if p.code})
        cover = forest_grass_cover(area_table(parts, [self.zone], self.plane, self.progress)[0], counts)
        self.warnings += cover.warnings
        known, unknown = cover.variables["vegetated_area"], cover.variables["unknown_area"]
        sd = self._area_sd(parts, lambda part: bool(counts(part.code)))
        self._open("vegetated_area", known, unknown, ("parcels", "boundary"), sd)

    def _open(self, name: str, known: float, unknown: float, names: Sequence[str], sd: float) -> None:
        """A figure in hm² that may be larger by what is unknown."""
        low, high = round(known, 4), round(known + unknown, 4)
        open_ = high > low
        self._put(
            name,
            None if open_ else low,
            names,
            low=low if open_ else None,
            high=high if open_ else None,
            sd=sd,
        )

    def _area_sd(self, parts: Sequence[Part], belongs: Callable[[Part], bool]) -> float:
        """Standard error of an area in hm², 0 where no error is stated."""
        if not self.accuracy.stated:
            return 0.0
        inside = [geometry_of(p.wkb) for p in parts if belongs(p)]
        beyond = [geometry_of(p.wkb).area() for p in parts if not belongs(p)]
        outline = QgsGeometry.unaryUnion(inside).length() if inside else 0.0
        wrong = class_sd([g.area() for g in inside], beyond, self.accuracy.class_share)
        return together(outline_sd(outline, self.accuracy), wrong) / M2_PER_HM2

    def green(self) -> None:
        """C.7: green of class VG1 and VG2 on the villages' construction land."""
        green, built = self.layers.records("green_space"), self.layers.records("built_land")
        if not built:
            return
        origin = ("green_space", "built_land")
        parts = [Part(str(r.attributes.get("class") or ""), r.wkb or b"", r.fid) for r in green]
        grounds = [Part("built", r.wkb or b"", r.fid) for r in built]
        zone = self.zone or Zone("built_land", bytes(gathered([geometry_of(p.wkb) for p in grounds]).asWkb()))
        value = village_green_rate(parts, grounds, zone, planar=self.plane, progress=self.progress)[-1]
        self.warnings += value.warnings
        self._put("a_v", round(value.variables["a_v"]), ("built_land",), sd=self._ring_sd(grounds))
        if not green:
            return
        for name, code in (("a_vg1", "VG1"), ("a_vg2", "VG2")):
            own = [p for p in parts if p.code == code]
            self._put(name, round(value.variables[name]), origin[:1], sd=self._ring_sd(own))

    def _ring_sd(self, parts: Sequence[Part]) -> float:
        if not self.accuracy.stated or not parts:
            return 0.0
        return outline_sd(sum(geometry_of(p.wkb).length() for p in parts), self.accuracy)

    # -- banks -------------------------------------------------------------------
    def banks(self) -> None:
        """C.8 on the reaches under treatment; unclassified bank leaves it open."""
        records, reaches = self.layers.records("banks"), self.layers.records("reaches")
        if not records or not reaches:
            return
        survey = self._shore(records, reaches)
        treated = survey.total.treated
        if treated is None or treated.total <= 0:
            return
        names = ("banks", "reaches")
        natural, unknown = treated[NATURAL], treated[UNCLASSIFIED]
        bounds = {"low": natural, "high": round(natural + unknown, 3)} if unknown > 0 else {}
        notes = tuple(f.problem for f in survey.findings if f.severity == "error")
        sd = breaks_sd(_breaks(survey), self.accuracy)
        self._put("natural_bank", natural, names, sd=sd, notes=notes, **bounds)
        self._put("artificial_ecological_bank", treated[ECOLOGICAL], names)
        self._put("treated_bank_total", treated.total, names)

    def _shore(self, records: list[Record], reaches: list[Record]) -> ShoreSurvey:
        values = class_values(NATURAL_VALUES, ECOLOGICAL_VALUES, HARD_VALUES)
        channels = read_channels(self.layers.records("channels"), 0.0)
        reading = read_banks(records, BankFields("bank_type", "side", "river"), values, channels)
        self.warnings += reading.warnings
        return survey_shore(
            reading.banks,
            read_reaches(reaches, "river"),
            REACH_DISTANCE_M,
            DUPLICATE_TOLERANCE_M,
            self.progress,
        )

    # -- toilets, farms, works ---------------------------------------------------
    def toilets(self) -> None:
        """Row 12: public toilets, and the farthest home from one."""
        public = [r for r in self.layers.records("toilets") if r.attributes.get("kind") == "public"]
        if not public:
            return
        self._put("public_toilets", float(len(public)), ("toilets",))
        role, places, names = self._places()
        if not len(places):
            return
        at = points([geometry_of(r.wkb or b"") for r in public])
        roads = [line for r in self.layers.records("roads") for line in line_parts(r.wkb or b"")]
        along = road_distances(places, at, roads) if roads else None
        self.homes = Homes(places, names, straight_distances(places, at), along)
        self._put("service_radius_m", round(float(self.homes.straight.max()), 3), ("toilets", role))
        if along is not None and math.isfinite(float(along.max())):
            longest = round(float(along.max()), 3)
            self._put("service_radius_roads_m", longest, ("toilets", role, "roads"))

    def _places(self) -> tuple[str, np.ndarray, list[str]]:
        """Where people live: corners of construction land, else the villages' points."""
        for role in ("built_land", "villages"):
            found = [
                (geometry_of(r.wkb or b""), str(r.attributes.get("name") or ""))
                for r in self.layers.records(role)
            ]
            if found:
                vertices = [[(v.x(), v.y()) for v in g.vertices()] for g, _ in found]
                names = [name for (_, name), own in zip(found, vertices) for _ in own]
                return role, np.array([p for own in vertices for p in own]).reshape(-1, 2), names
        return "villages", np.zeros((0, 2)), []

    def counts(self) -> None:
        """Scale farms and works on channels, counted where there are some."""
        farms = [r for r in self.layers.records("pollution_sources") if _is_scale_farm(r.attributes)]
        if farms:
            self._count("scale_farms", {"pollution_sources": farms})
        rule = self.edition.indicators[17].exemption if 17 in self.edition.indicators else None
        known = set(rule.measures) if rule else set()
        works = [r for r in self._measures() if r.attributes.get("measure") in known]
        reaches = self.layers.records("reaches")
        if works or reaches:
            self._count("channel_works", {"measures": works, "reaches": reaches})

    def _measures(self) -> Iterable[Record]:
        return self.layers.records("measures")

    def _count(self, name: str, found: Mapping[str, Sequence[Record]]) -> None:
        names = [role for role, records in found.items() if records]
        origin = self.layers.origin(*names)
        features = tuple(Feature(role, r.uuid) for role in names for r in found[role])
        total = float(sum(len(records) for records in found.values()))
        self.figures[name] = Figure(total, source=origin.source, year=origin.year, features=features)


def _is_scale_farm(attributes: Mapping[str, Any]) -> bool:
    return attributes.get("kind") == "farm" and bool(attributes.get("scale_farm"))


def _breaks(survey: ShoreSurvey) -> int:
    """Ends of treated bank that counts: where it changes to bank that does not."""
    counting = [p for p in survey.pieces if p.treated and _counts(p.counted)]
    other = [p for p in survey.pieces if p.treated and not _counts(p.counted)]
    ends = {_rounded(e) for p in other for e in (p.bank.line[0], p.bank.line[-1])}
    return sum(_rounded(e) in ends for p in counting for e in (p.bank.line[0], p.bank.line[-1]))


def _counts(lengths: Lengths) -> bool:
    return lengths.counting > lengths.total / 2


def _rounded(point: np.ndarray) -> tuple[float, float]:
    return round(float(point[0]), 2), round(float(point[1]), 2)


def points(shapes: Iterable[QgsGeometry]) -> np.ndarray:
    """Centres of geometries, (n, 2)."""
    found = [shape.centroid().asPoint() for shape in shapes]
    return np.array([(p.x(), p.y()) for p in found]).reshape(-1, 2)


def hm2(square_metres: float) -> float:
    """Hectares rounded to 1 m²."""
    return round(square_metres / M2_PER_HM2, 4)


def homes_outside(homes: Homes, limit: float) -> List[Home]:
    """Homes at or beyond the limit, straight or along roads; one that no road reaches is outside along roads."""
    straight = homes.straight >= limit
    along = np.zeros(len(straight), bool) if homes.roads is None else ~(homes.roads < limit)
    return [
        _home(homes, int(n), limit, bool(straight[n]), bool(along[n]))
        for n in np.flatnonzero(straight | along)
    ]


def _home(homes: Homes, n: int, limit: float, straight: bool, along: bool) -> Home:
    road = None if homes.roads is None else float(homes.roads[n])
    values = {
        "name": homes.names[n] or None, "distance_m": round(float(homes.straight[n]), 3),
        "along_roads_m": None if road is None or not np.isfinite(road) else round(road, 3), "limit_m": limit,
        "outside": "both" if straight and along else ("straight" if straight else "roads"),
    }  # fmt: skip
    return Home(float(homes.places[n][0]), float(homes.places[n][1]), values)
