"""``qingliu:quantities``: how much of each measure lies in each zone, and what it costs (5.1.2, table B.1)."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Mapping, Sequence

import numpy as np
from qgis.core import (
    QgsProcessing,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingOutputNumber,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterFeatureSink,
    QgsProcessingParameterFeatureSource,
    QgsProcessingParameterFile,
    QgsProcessingParameterFileDestination,
    QgsProcessingParameterMultipleLayers,
    QgsProcessingParameterRasterLayer,
    QgsRectangle,
)

from ..core import language
from ..core.errors import InputError, Problem, problem
from ..core.layoutplan.cutting import Cutter
from ..core.layoutplan.maintenance import Holder
from ..core.layoutplan.model import OUTSIDE, POLYGON, Part
from ..core.layoutplan.palette import zone_named
from ..core.layoutplan.papers import plots_page
from ..core.layoutplan.plots import Place, Plot, label, numbered, plot_table, villages_of
from ..core.layoutplan.prices import PriceList, parse_prices
from ..core.layoutplan.quantities import Bill, Row, bill
from ..core.layoutplan.surface import GroundArea, ground_factor
from ..core.layoutplan.units import WIDTH
from ..core.standard import Edition, default_edition, text
from ..layers.cells import NativeFrame, frame_over, on_frame
from ..layers.crs import from_wkt
from ..layers.datums import guard
from ..layers.dem import read_dem
from ..layers.layoutplan import Placed
from ..layers.records import id_list
from ..layers.sitingshapes import QgisShapes
from ..layers.sitingsigned import plots_in
from .algorithm import QingliuAlgorithm
from .feedback import StageProgress
from .inputs import Inputs
from .layoutinput import OVERLAP_M2, Layout, distinct
from .prefillroles import name_in
from .results import write_table

_OUTSIDE = {"en": "outside all zones", "zh": "各分区之外"}

STAGES = (
    ("read_features", 2.0),
    ("read_dem", 1.0),
    ("slope", 1.0),
    ("cut_layout", 6.0),
    ("write_features", 1.0),
)

OUTPUT_FIELDS = (
    ("zone", "text"), ("zone_name", "text"), ("admin_village", "text"), ("measure", "text"),
    ("measure_name", "text"), ("unit", "text"), ("of", "text"), ("quantity", "number"), ("planar", "number"),
    ("built", "number"), ("planned", "number"), ("features", "integer"), ("price", "number"), ("fund", "text"),
    ("cost", "number"),
)  # fmt: skip
FUND_FIELDS = (("fund", "text"), ("cost", "number"))
PLOT_FIELDS = (
    ("plot_no", "integer"), ("admin_village", "text"), ("label", "text"), ("measure", "text"),
    ("measure_name", "text"), ("zone", "text"), ("area_hm2", "number"), ("area_mu", "number"),
    ("length_m", "number"), ("pieces", "integer"), ("parcel", "text"), ("status", "text"), ("owner", "text"),
    ("user", "text"), ("manager", "text"), ("measure_uuid", "text"),
)  # fmt: skip


class Quantities(QingliuAlgorithm):
    """See ``resources/help/quantities.yaml``."""

    ID = "quantities"

    def define(self) -> None:
        """Parameters as CONTRACT names them."""
        polygon, table = QgsProcessing.SourceType.TypeVectorPolygon, QgsProcessing.SourceType.TypeVector
        anything = QgsProcessing.SourceType.TypeVectorAnyGeometry
        self.add(QgsProcessingParameterMultipleLayers("LAYOUT", self.label("LAYOUT"), anything))
        self.add(QgsProcessingParameterFeatureSource("ZONES", self.label("ZONES"), [polygon]))
        self.add(QgsProcessingParameterFeatureSource("ADMIN", self.label("ADMIN"), [polygon], optional=True))
        parcels = QgsProcessingParameterFeatureSource(
            "PARCELS", self.label("PARCELS"), [polygon], optional=True
        )
        self.add(parcels, advanced=True)
        behaviour = QgsProcessingParameterFile.Behavior.File
        prices = QgsProcessingParameterFile("PRICES", self.label("PRICES"), behaviour, "csv", optional=True)
        self.add(prices)
        self.add(QgsProcessingParameterRasterLayer("DEM", self.label("DEM"), optional=True))
        self.add(QgsProcessingParameterBoolean("TRUE_SURFACE", self.label("TRUE_SURFACE"), False))
        county = QgsProcessingParameterFile("COUNTY", self.label("COUNTY"), behaviour, "yaml", optional=True)
        self.add(county, advanced=True)
        self.add(QgsProcessingParameterFeatureSink("OUTPUT", self.label("OUTPUT"), table))
        for name in ("FUNDS", "PLOTS"):
            sink = QgsProcessingParameterFeatureSink(
                name, self.label(name), table, optional=True, createByDefault=False
            )
            self.add(sink)
        page = QgsProcessingParameterFileDestination(
            "PLOTS_PAGE", self.label("PLOTS_PAGE"), "HTML (*.html)", optional=True, createByDefault=False
        )
        self.add(page, advanced=True)
        for name in ("COST", "FEATURES"):
            self.addOutput(QgsProcessingOutputNumber(name, self.label(name)))

    def work(
        self, parameters: dict[str, Any], context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> dict[str, Any]:
        """Read the layout, cut it by zones and villages, add up, price, write."""
        inputs = Inputs(self, parameters, context, feedback)
        progress = StageProgress(feedback, STAGES)
        edition = default_edition()
        inputs.county()
        prices = inputs.attempt(lambda: _prices(inputs, edition))
        measures, cutter, given = _read(inputs, edition, progress)
        measures = _distinct(inputs, measures)
        _warn_of_overlaps(inputs, measures, progress)
        parts = _cut(measures, cutter, progress)
        found = bill(parts, edition, prices)
        inputs.warn(found.warnings)
        _warn_of_gaps(inputs, cutter, parts)
        results: dict[str, Any] = {"COST": found.cost, "FEATURES": len(measures)}
        columns = self.columns("OUTPUT", *OUTPUT_FIELDS)
        rows = [_values(row, edition) for row in found.rows]
        results["OUTPUT"] = write_table(self, inputs, "OUTPUT", columns, rows, progress)
        return {**results, **self._others(inputs, found, measures, parts, given, edition, progress)}

    def _others(
        self,
        inputs: Inputs,
        found: Bill,
        measures: list[Placed],
        parts: list[Part],
        given: Mapping[str, int],
        edition: Edition,
        progress: StageProgress,
    ) -> dict[str, Any]:
        """The tables of funds and plots, where they are wanted."""
        written = {}
        if inputs.given("FUNDS"):
            rows: list[Mapping[str, Any]] = [{"fund": fund, "cost": cost} for fund, cost in found.funds]
            columns = self.columns("FUNDS", *FUND_FIELDS)
            written["FUNDS"] = write_table(self, inputs, "FUNDS", columns, rows, progress)
        if inputs.given("PLOTS") or inputs.given("PLOTS_PAGE"):
            table = plot_table(parts, _numbers(measures, parts, given))
            columns_of = {m.item.uuid: m.record.attributes for m in measures}
            written.update(self._plots(inputs, table, columns_of, edition, progress))
        return written

    def _plots(
        self,
        inputs: Inputs,
        table: Sequence[Plot],
        columns_of: Mapping[str, Mapping[str, Any]],
        edition: Edition,
        progress: StageProgress,
    ) -> dict[str, Any]:
        """The table of plots as a layer's rows and as a page."""
        written: dict[str, Any] = {}
        if inputs.given("PLOTS"):
            rows = [_plot_values(p, columns_of[p.uuid], edition) for p in table]
            columns = self.columns("PLOTS", *PLOT_FIELDS)
            written["PLOTS"] = write_table(self, inputs, "PLOTS", columns, rows, progress)
        if inputs.given("PLOTS_PAGE"):
            path = Path(self.parameterAsFileOutput(inputs.parameters, "PLOTS_PAGE", inputs.context))
            holders = {uuid: _holder(columns) for uuid, columns in columns_of.items()}
            written["PLOTS_PAGE"] = _write_page(path, plots_page(table, holders, edition, language.current()))
        return written


# -- reading ----------------------------------------------------------------


def _read(
    inputs: Inputs, edition: Edition, progress: StageProgress
) -> tuple[list[Placed], Cutter, Mapping[str, int]]:
    """The measures, what they are cut by, plot numbers given before; all faults of the run are raised together."""
    shapes = QgisShapes()
    wants_ground = inputs.flag("TRUE_SURFACE")
    if wants_ground and not inputs.given("DEM"):
        inputs.faults.append(problem("QL-PLAN-NODEM"))
    layout = inputs.must(lambda: Layout(inputs, shapes, edition))
    measures = layout.measures(progress)
    zones = layout.areas("ZONES", lambda a: zone_named(edition, a.get("zone")), progress, "zone")
    villages = layout.areas("ADMIN", name_in, progress)
    parcels = layout.areas("PARCELS", lambda a: a.get("uuid"), progress)
    inputs.settle()
    surface = None
    if wants_ground and any(shapes.dimension(m.shape) == 2 for m in measures):
        surface = _ground(inputs, layout, measures, progress)
    return measures, Cutter(shapes, zones, villages, parcels, surface), plots_in(layout.layers)


def _prices(inputs: Inputs, edition: Edition) -> PriceList | None:
    path = inputs.text("PRICES")
    if not path:
        return None
    file = Path(path)
    try:
        data = file.read_bytes()
    except OSError as error:
        raise InputError("QL-PLAN-PRICEFILE", file=str(file), reason=error.strerror or str(error)) from error
    return parse_prices(data, file.name, edition)


def _ground(inputs: Inputs, layout: Layout, measures: list[Placed], progress: StageProgress) -> GroundArea:
    """The ground under the measures, in the CRS of the results."""
    reading = read_dem(inputs.raster("DEM") or "", "DEM", progress=progress)
    inputs.warn(reading.warnings)
    dem = reading.grid
    agreed = guard(
        from_wkt(dem.frame.crs_wkt), layout.crs, layer=inputs.title("DEM"), parameter="DEM", first=layout.first,
        shifts=inputs.shifts,
    )  # fmt: skip
    inputs.warn(agreed.warnings)
    box = QgsRectangle(measures[0].shape.boundingBox())
    for measure in measures[1:]:
        box.combineExtentWith(measure.shape.boundingBox())
    frame = frame_over(NativeFrame(dem.frame, True), agreed.transform, box)
    factor = on_frame(ground_factor(dem, progress), frame, agreed.transform)
    return GroundArea(QgisShapes(), factor)


def _distinct(inputs: Inputs, measures: list[Placed]) -> list[Placed]:
    """Features that share a uuid are told apart, so that each is counted and has a plot of its own."""
    found, twice = distinct(measures)
    if twice:
        inputs.warn([problem("QL-PLAN-TWINS", count=len(twice), ids=id_list(twice))])
    return found


def _warn_of_overlaps(inputs: Inputs, measures: Sequence[Placed], progress: StageProgress) -> None:
    """Areas of the same measure that lie over each other: each is counted in full, which is told."""
    shapes = QgisShapes()
    by_measure: dict[str, list[Placed]] = {}
    for measure in measures:
        if measure.item.kind == POLYGON:
            by_measure.setdefault(measure.item.measure, []).append(measure)
    pairs, area = [], 0.0
    for own in by_measure.values():
        boxes = np.array([shapes.bounds(m.shape) for m in own])
        for i, one in enumerate(own[:-1]):
            progress.step(1.0)  # cancel is heard
            west, south, east, north = boxes[i]
            rest = boxes[i + 1 :]
            meets = (rest[:, 0] < east) & (rest[:, 2] > west) & (rest[:, 1] < north) & (rest[:, 3] > south)
            for other in (own[i + 1 + k] for k in np.flatnonzero(meets).tolist()):
                common = shapes.common(one.shape, other.shape)
                size = 0.0 if common is None else shapes.area(common)
                if size > OVERLAP_M2:
                    pairs.append(f"{one.item.uuid} + {other.item.uuid}")
                    area += size
    if pairs:
        facts = {"count": len(pairs), "area": f"{area / 1e4:.4f}", "ids": id_list(pairs)}
        inputs.warn([Problem("QL-PLAN-OVERLAP", facts)])


def _cut(measures: list[Placed], cutter: Cutter, progress: StageProgress) -> list[Part]:
    progress.stage("cut_layout", len(measures))
    found: list[Part] = []
    for done, measure in enumerate(measures):
        progress.step(done / len(measures))
        found += cutter.parts(measure.item, measure.shape)
    return found


def _warn_of_gaps(inputs: Inputs, cutter: Cutter, parts: list[Part]) -> None:
    """Plots whose ground is not known."""
    if not isinstance(cutter.surface, GroundArea) or not cutter.surface.gaps:
        return
    uuids = dict.fromkeys(p.item.uuid for p in parts if p.area_m2 and p.surface_m2 is None)
    facts = {"count": cutter.surface.gaps, "ids": id_list(list(uuids))}
    inputs.warn([Problem("QL-PLAN-DEMGAP", facts)])


# -- rows -------------------------------------------------------------------


def _values(row: Row, edition: Edition) -> dict[str, Any]:
    planned = None if row.of == WIDTH else round(row.quantity - row.built, 6)
    return {
        **vars(row),
        "admin_village": row.village,
        "zone_name": _zone_name(row.zone, edition),
        "measure_name": row.name or _measure_name(row.measure, edition),
        "planned": planned,
    }


def _zone_name(zone: str | None, edition: Edition) -> str | None:
    named = edition.zones.get(zone or "")
    if named is not None:
        return text(named)
    return language.pick(_OUTSIDE) if zone == OUTSIDE else zone


def _measure_name(key: str, edition: Edition) -> str:
    measure = edition.measures.get(key)
    return text(measure, "name") if measure is not None else key


def _numbers(measures: list[Placed], parts: list[Part], given: Mapping[str, int]) -> dict[str, int]:
    """图斑号 of the features; those in the field ``plot_no`` stay, and those that the survey has given."""
    villages = villages_of(parts)
    places = []
    for measure in measures:
        box = measure.shape.boundingBox()
        uuid = measure.item.uuid
        said = measure.record.attributes.get("plot_no")
        number = said if isinstance(said, int) and not isinstance(said, bool) else given.get(uuid)
        places.append(Place(uuid, villages[uuid], box.xMinimum(), box.yMaximum(), number))
    highest = {key[1:] or None: number for key, number in given.items() if key.startswith("#")}
    return numbered(places, highest)


def _plot_values(plot: Plot, columns: Mapping[str, Any], edition: Edition) -> dict[str, Any]:
    return {
        **vars(plot),
        **{name: columns.get(name) for name in ("owner", "user", "manager")},
        "plot_no": plot.number,
        "admin_village": plot.village,
        "label": label(plot, edition, language=language.current()),
        "measure_name": _plot_name(plot, edition),
        "zone": plot.zone or OUTSIDE,
        "measure_uuid": plot.uuid,
    }


def _holder(columns: Mapping[str, Any]) -> Holder:
    """Owner, user and manager from the columns of a measure."""
    owner, user, manager = (str(columns.get(name) or "") for name in ("owner", "user", "manager"))
    return Holder(owner, user, manager)


def _write_page(path: Path, page: str) -> str:
    """The page, whole or not at all. Raises InputError QL-OUT-WRITE."""
    part = path.with_name(f".{path.name}.part")
    try:
        part.write_text(page, encoding="utf-8")
        part.replace(path)
    except OSError as error:
        raise InputError("QL-OUT-WRITE", path=str(path), reason=str(error)) from error
    finally:
        part.unlink(missing_ok=True)
    return str(path)


def _plot_name(plot: Plot, edition: Edition) -> str:
    """The measure's name; under the rows 其他 what the designer calls it."""
    measure = edition.measures.get(plot.measure)
    if measure is not None and measure.placeholder and plot.name:
        return plot.name
    return _measure_name(plot.measure, edition)
