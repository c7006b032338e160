"""One run of the prefill: roles are read, the ground is measured, tables are put together."""

from __future__ import annotations

import math
from typing import Any, Sequence

import numpy as np
from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsCoordinateTransformContext,
    QgsGeometry,
    QgsPointXY,
    QgsRectangle,
    QgsWkbTypes,
)

from ..core.areas import areas_in, read_parts
from ..core.erosion.loss import mean_modulus
from ..core.erosion.tables import intensity_scale
from ..core.errors import InputError, MissingLibrary, Problem
from ..core.grid import Grid
from ..core.landuse import LandClass
from ..core.prefill import Existing, Line
from ..core.prefill.formulas import Built
from ..core.progress import Progress
from ..core.standard import Edition
from ..core.surveychecks import Case
from ..core.terrain.banks import counts, nearest_channels
from ..layers import bankfacts
from ..layers import prefillground as ground
from ..layers import prefillland as land
from ..layers import prefillplaces as places
from ..layers.cells import centre_mask, frame_over, native_frame
from ..layers.crs import from_wkt
from ..layers.datums import guard
from ..layers.erosion import CLASS_FIELD, NO_CODE, erosion_parts
from ..layers.landuse import classify_records
from ..layers.lines import line_parts, union
from ..layers.planar import QgisPlanar
from ..layers.records import Record
from ..layers.store import GpkgStore, Insert
from .inputs import Inputs
from .landinput import land_grid, read_cells, read_polygons
from .prefillcopy import COPIED, adopted
from .prefillroles import ROLES, Layer, Roles, name_in

_LINE = QgsWkbTypes.GeometryType.LineGeometry
_DRAINS = ("drain", "排洪", "渠")
_DAMS = ("dam", "weir", "坝", "堰")
# what a stream survey says of a channel: its field -> column of table A.6
STREAM_FIELDS = {
    "area_km2": "catchment_km2", "length_m": "length_m", "width_m": "width_m",
    "gradient_permil": "gradient_permil", "sewage_outfalls": "sewage_outfalls",
    "sand_digging": "sand_digging", "riparian_land_use": "riparian_land_use",
}  # fmt: skip


def places_of(layer: Layer) -> list[places.Place]:
    """Features of a layer as places."""
    return [
        places.Place(
            layer.name, r.uuid if layer.own else None, layer.own, name_in(r.attributes), s, r.attributes
        )
        for r, s in zip(layer.records, layer.shapes)
    ]


class Run:
    """Everything that is read once, and the lines of each table."""

    def __init__(self, inputs: Inputs, store: GpkgStore, edition: Edition, progress: Progress) -> None:
        self.inputs = inputs
        self.store = store
        self.edition = edition
        self.progress = progress
        self.roles = Roles(inputs, store, edition, progress)
        self.target = self.roles.target
        self._read_layers()
        self._warn_elsewhere()
        inputs.settle()
        self.boundary = self._boundary()
        self.copies = self._adopt()
        self.terrain = self._terrain()
        self.land, self.classes, self.land_areas = self._land()
        inputs.settle()
        self.grids: dict[str, tuple[Grid, np.ndarray]] = self._rasters()
        self.flow = self._flow()

    def rows(self, table: str) -> list[Existing]:
        """Rows of a table as they are now."""
        return [Existing(table, r.uuid, r.version, r.values) for r in self.store.rows(table)]

    # -- reading ---------------------------------------------------------------
    def _read_layers(self) -> None:
        given = [role for role in ROLES if role not in ("LANDUSE", "OUTLET")]
        self.layers = {role: self.roles.layer(role) for role in given}
        own = {
            "TOILETS": "toilets", "ENTERPRISES": "enterprises", "TOURISM": "tourism",
            "INDUSTRY": "industry", "OUTLET": "outlet",
        }  # fmt: skip
        self.layers.update({role: self.roles.own(name) for role, name in own.items()})
        self.titles = {role: layer.title for role, layer in self.layers.items()}
        self.titles["MEASURES"] = self.titles["LAYOUT"]

    def _warn_elsewhere(self) -> None:
        """Layers that lie far from the survey's own boundary fill nothing, which is said."""
        own = self.roles.own("boundary")
        box = QgsRectangle()
        for shape in own.shapes:
            box.combineExtentWith(shape.boundingBox())
        if own:
            self.inputs.warn_elsewhere(self.target, box, own.title)

    def _boundary(self) -> QgsGeometry | None:
        """The watershed as one geometry; without it nothing can be measured inside it, which is said."""
        records = self.layers["BOUNDARY"].records
        if not records:
            self.inputs.warn([Problem("QL-PREFILL-NOBOUNDARY")])
            return None
        return union(records)

    def _adopt(self) -> list[Insert]:
        """Given layers taken into the survey's empty ones where asked; what must be inserted."""
        found: list[Insert] = []
        for role in COPIED if self.inputs.flag("COPY_LAYERS") else ():
            layer, roles = self.layers[role], self.roles
            taken, inserts = adopted(role, layer, self.store, self.boundary, roles.to_target)
            self.layers[role] = taken
            found += inserts
        return found

    def _terrain(self) -> Any:
        if not self.inputs.given("DEM"):
            return None
        source = self.inputs.raster("DEM") or ""
        shifts = self.inputs.shifts
        self.titles["DEM"] = self.inputs.title("DEM")
        found = self.inputs.attempt(
            lambda: ground.read_ground(source, self.target, shifts=shifts, progress=self.progress)
        )
        if found is not None:
            self.inputs.warn(found.warnings)
        return found

    def _land(self) -> tuple[Layer, Sequence[LandClass | None], land.Land | None]:
        """Land use as polygons with their classes (none for a raster), and what answers for areas."""
        inputs, nothing = self.inputs, Layer("parcels", "LANDUSE", False, [], [])
        if inputs.given("LANDUSE"):
            self.titles["LANDUSE"] = inputs.title("LANDUSE")
            if inputs.is_raster("LANDUSE"):
                return nothing, [], inputs.attempt(self._land_raster)
            read = inputs.attempt(lambda: read_polygons(inputs, self.target, self.target, self.progress))
            if read is None:
                return nothing, [], None
            shapes = [_shape(r) for r in read.records]
            layer = Layer("parcels", self.titles["LANDUSE"], False, read.records, shapes)
            return layer, read.classes, land.LandPieces(shapes, read.classes)
        layer = self.roles.own("parcels")
        self.titles["LANDUSE"] = layer.title
        if not layer:
            return layer, [], None
        areas = [s.area() for s in layer.shapes]
        found = inputs.attempt(lambda: classify_records(layer.records, areas, "landuse", layer=layer.title))
        if found is None:
            return nothing, [], None
        inputs.warn(found.warnings)
        return layer, found.classes, land.LandPieces(layer.shapes, found.classes)

    def _land_raster(self) -> land.Land | None:
        if self.boundary is None:
            return None
        native = native_frame(self.inputs.raster("LANDUSE") or "", "LANDUSE")
        crs, shifts = from_wkt(native.frame.crs_wkt), self.inputs.shifts
        moved = guard(crs, self.target, layer="LANDUSE", parameter="LANDUSE", shifts=shifts)
        frame = frame_over(native, moved.transform, self.boundary.boundingBox())
        grid = land_grid(read_cells(self.inputs, frame, self.progress), frame)
        return land.LandRaster(grid.places, grid.classes, frame)

    def _rasters(self) -> dict[str, tuple[Grid, np.ndarray]]:
        """Cells over the boundary of each raster that is given, and which of them lie inside."""
        inputs, boundary = self.inputs, self.boundary
        found: dict[str, tuple[Grid, np.ndarray]] = {}
        for name in ("COVER", "SOIL_LOSS", "TEMPERATURE", "PRECIPITATION", "POPULATION"):
            if boundary is None or not inputs.given(name):
                continue
            self.titles[name] = inputs.title(name)
            source = inputs.raster(name) or ""
            try:
                grid, inside, warnings = ground.raster_over(
                    source, name, boundary, self.target, shifts=inputs.shifts, progress=self.progress
                )
            except InputError as error:
                inputs.faults.extend(error.problems)
                continue
            inputs.warn(warnings)
            found[name] = (grid, inside)
        inputs.settle()
        return found

    def _flow(self) -> ground.Flow | None:
        """The DEM routed, along channels drawn without the figures of a stream survey."""
        if self.terrain is None:
            return None
        channels = self.layers["CHANNELS"]
        self.drawn = [i for i, r in enumerate(channels.records) if r.attributes.get("area_km2") is None]
        lines = [ground.on_dem(channels.shapes[i], self.terrain.to_target) for i in self.drawn]
        parts = [max(line_parts(bytes(s.asWkb())), key=len) for s in lines]
        snap = float(self.edition.default("snap_distance_m"))
        flow, warnings = ground.route(self.terrain, parts, self._outlet(), self.boundary, snap, self.progress)
        self.inputs.warn(warnings)
        return flow

    def _outlet(self) -> tuple[float, float] | None:
        """The outlet given as a point, else the survey's own."""
        if self.inputs.given("OUTLET"):
            inputs = self.inputs
            point = inputs.algorithm.parameterAsPoint(
                inputs.parameters, "OUTLET", inputs.context, self.target
            )
            return point.x(), point.y()
        own = self.layers["OUTLET"].shapes
        if not own:
            return None
        point = own[0].centroid().asPoint()
        return point.x(), point.y()

    # -- tables ----------------------------------------------------------------
    def lines(self) -> list[Line]:
        """Lines of all tables in order."""
        found: list[Line] = []
        if self.boundary is not None:
            found += self._area_tables(self.boundary)
        around = self._around()
        found += self._channels(around)
        found += places.water_lines(self._inside("WATERBODIES"), self.rows("a6w"), around)
        village_rows = {t: self.rows(t) for t in ("a7", "a8")}
        found += places.village_lines(self._villages(), village_rows, around)
        found += places.enterprise_lines(places_of(self.layers["ENTERPRISES"]), self.rows("a9"), around)
        roads, hubs = self.layers["ROADS"].shapes, self.layers["HUBS"].shapes
        tourism = places_of(self.layers["TOURISM"])
        found += places.tourism_lines(tourism, self.rows("a10"), around, roads, hubs)
        found += places.industry_lines(places_of(self.layers["INDUSTRY"]), self.rows("a11x"))
        return found

    def _inside(self, role: str) -> list[places.Place]:
        """Features that meet the boundary; all of them without one."""
        found = places_of(self.layers[role])
        return found if self.boundary is None else [p for p in found if p.shape.intersects(self.boundary)]

    def _area_tables(self, boundary: QgsGeometry) -> list[Line]:
        titles = self.titles
        rocks = self.layers["GEOLOGY"]
        values = [r.attributes for r in rocks.records]
        rock_areas = land.rock_areas(rocks.shapes, values, boundary) if rocks else {}
        a1 = land.watershed_line(
            self.rows("a1"), boundary, titles["BOUNDARY"], self._ground(boundary), self.land_areas,
            titles["LANDUSE"], self._sloping(boundary), rock_areas, titles["GEOLOGY"],
        )  # fmt: skip
        found = [a1, *self._admin(boundary), self._erosion(boundary), self._measures(boundary)]
        if self.land_areas is not None:
            self._tell_gap(self.land_areas, boundary)
            found += land.crop_lines(self.rows("a5"), self.land_areas.areas(boundary), titles["LANDUSE"])
        return found

    def _tell_gap(self, known: land.Land, boundary: QgsGeometry) -> None:
        """Say how much land has no class, where that is more than a hundredth."""
        areas, total = known.areas(boundary), boundary.area()
        if not land.covered(areas, boundary):
            gap = total - math.fsum(areas.values())
            facts = {"area": f"{gap / 1e4:.4f}", "share": f"{100 * gap / total:.2f}"}
            self.inputs.warn([Problem("QL-PREFILL-LANDGAP", facts)])

    def _ground(self, boundary: QgsGeometry) -> land.Ground:
        heights = None if self.terrain is None else ground.heights(self.terrain, boundary)
        means = {k: ground.mean_of(*v) for k, v in self.grids.items()}
        cover = None
        if "COVER" in self.grids:
            cover = ground.cover_percent(means["COVER"], self.grids["COVER"][0])
        return land.Ground(
            heights, means.get("TEMPERATURE"), means.get("PRECIPITATION"), cover, self._modulus(), self.titles
        )

    def _modulus(self) -> float | None:
        """Mean erosion modulus, t/(km²·a), of a raster in t/(hm²·a)."""
        if "SOIL_LOSS" not in self.grids:
            return None
        grid, inside = self.grids["SOIL_LOSS"]
        values = np.where(inside, grid.values.astype(np.float64), np.nan)
        return mean_modulus(values, np.array(grid.frame.dx * grid.frame.dy))

    def _sloping(self, boundary: QgsGeometry) -> float | None:
        if self.terrain is None:
            return None
        if isinstance(self.land_areas, land.LandRaster):
            return self._sloping_cells(self.land_areas, boundary)
        if not self.land:
            return None
        crop = [i for i, c in enumerate(self.classes) if c is not None and c.code.startswith(land.CROPLAND)]
        shapes = [self.land.shapes[i] for i in crop]
        slopes = ground.mean_slopes(self.terrain, shapes, self.progress)
        flags = [self.land.records[i].attributes.get("flags") for i in crop]
        classes = [self.classes[i] for i in crop]
        least = float(self.edition.default("sloping_cropland_min_deg"))
        return land.sloping_area(shapes, classes, flags, slopes, boundary, least)

    def _sloping_cells(self, cells: land.LandRaster, boundary: QgsGeometry) -> float:
        """Cropland cells steeper than the limit, m²; a raster has no parcels to take the mean of."""
        slope = ground.slope_on(self.terrain, cells.frame, self.progress)
        crop = [i for i, c in enumerate(cells.classes) if c.code.startswith(land.CROPLAND)]
        least = float(self.edition.default("sloping_cropland_min_deg"))
        steep = np.isin(cells.places, crop) & (slope > least) & centre_mask(boundary, cells.frame)
        return float(np.count_nonzero(steep)) * cells.frame.dx * cells.frame.dy

    def _admin(self, boundary: QgsGeometry) -> list[Line]:
        layer = self.layers["ADMIN"]
        names = [name_in(r.attributes) or "" for r in layer.records]
        uuids = [r.uuid if layer.own else None for r in layer.records]
        people: list[float | None] = [None] * len(names)
        if "POPULATION" in self.grids:
            grid = self.grids["POPULATION"][0]
            people = [ground.sum_of(grid, centre_mask(s, grid.frame)) for s in layer.shapes]
        titles = (layer.title, self.titles["LANDUSE"])
        shapes, rows = layer.shapes, self.rows("a2")
        return land.admin_lines(rows, names, uuids, shapes, boundary, self.land_areas, titles, people)

    def _erosion(self, boundary: QgsGeometry) -> Line:
        scale, layer = intensity_scale(self.edition), self.layers["EROSION"]
        by_class: dict[int, float] = {}
        if layer:
            field = self.inputs.text("EROSION_FIELD") or CLASS_FIELD
            read = self.inputs.must(
                lambda: erosion_parts(layer.records, field, scale, layer=layer.title, parameter="EROSION")
            )
            self.inputs.warn(read.warnings)
            plane = QgisPlanar()
            found = areas_in(read_parts(read.parts, plane), "BOUNDARY", boundary, plane, self.progress)
            self.inputs.warn(found.warnings())
            by_class = {int(k): v for k, v in found.by_code.items() if k != NO_CODE}
        gullies = self.layers["GULLIES"] or self.layers["CHANNELS"]
        titles = {**self.titles, "GULLIES": gullies.title}
        rows, lines = self.rows("a3"), gullies.shapes
        return land.erosion_line(
            rows, boundary, by_class, scale, titles, self._modulus(), lines, self.progress
        )

    def _measures(self, boundary: QgsGeometry) -> Line:
        layer, table = self.layers["LAYOUT"], self.edition.table("a4")
        built = [
            Built(str(r.attributes["survey_column"]), s.area(), s.length() if s.type() == _LINE else 0.0, 1)
            for r, s in zip(layer.records, layer.shapes)
            if r.attributes.get("status") == "built" and r.attributes.get("survey_column")
        ]
        ponds = sum(p.values.get("kind") == "pond" for p in self._inside("WATERBODIES"))
        return land.measures_line(
            self.rows("a4"), table, built, self.titles, self._roads(boundary), ponds, self._treated()
        )

    def _roads(self, boundary: QgsGeometry) -> tuple[float, float | None] | None:
        layer = self.layers["ROADS"]
        if not layer:
            return None
        lengths = land.lengths_inside(layer.shapes, boundary)
        hard = [r.attributes.get("hard") for r in layer.records]
        known = any(h is not None for h in hard)
        return math.fsum(lengths), math.fsum(n for n, h in zip(lengths, hard) if h) if known else None

    def _treated(self) -> float | None:
        """Length of banks within the parameter's distance of the reaches under treatment."""
        banks, reaches = self.layers["BANKS"], self.layers["TREATED"]
        if not banks or not reaches:
            return None
        belt = QgsGeometry.unaryUnion(list(reaches.shapes)).buffer(
            float(self.edition.default("reach_distance_m")), 16
        )
        return math.fsum(land.lengths_inside(banks.shapes, belt))

    # -- places ----------------------------------------------------------------
    def _around(self) -> places.Around:
        flow = self.flow
        way = None if flow is None else lambda x, y: ground.distance_to_outlet(flow, x, y)
        geographic = QgsCoordinateReferenceSystem.fromEpsgId(4490)
        moved = QgsCoordinateTransform(self.target, geographic, QgsCoordinateTransformContext())

        def degrees(x: float, y: float) -> tuple[float, float]:
            point = moved.transform(QgsPointXY(x, y))
            return point.x(), point.y()

        admin, townships = places_of(self.layers["ADMIN"]), places_of(self.layers["TOWNSHIPS"])
        return places.Around(way, self.layers["CHANNELS"].shapes, admin, townships, self.titles, degrees)

    def _villages(self) -> list[places.Village]:
        seats = self._inside("VILLAGES")
        pollution, toilets = self.layers["POLLUTION"], self.layers["TOILETS"]
        waste = _counted(pollution, "waste_point", seats)
        public = _counted(toilets, "public", seats)
        found = []
        for number, seat in enumerate(seats):
            built = self._built(seat)
            area = QgsGeometry.unaryUnion(built) if built else None
            drain, green = self._drains(area), self._green(area)
            found.append(places.Village(seat, built, drain, green, waste[number], public[number]))
        return found

    def _built(self, seat: places.Place) -> list[QgsGeometry]:
        """Built-up land of a village: that which bears its name or holds its point, or its own polygon."""
        if seat.area_m2 is not None:
            return [seat.shape]
        layer, point = self.layers["BUILT"], QgsGeometry.fromPointXY(seat.point)
        named = [
            s for r, s in zip(layer.records, layer.shapes) if seat.name and name_in(r.attributes) == seat.name
        ]
        return named or [s for s in layer.shapes if s.contains(point)]

    def _drains(self, area: QgsGeometry | None) -> float | None:
        layer = self.layers["STRUCTURES"]
        lines = [
            s for r, s in zip(layer.records, layer.shapes)
            if s.type() == _LINE and any(w in str(r.attributes.get("kind") or "") for w in _DRAINS)
        ]  # fmt: skip
        return math.fsum(land.lengths_inside(lines, area)) if area is not None and lines else None

    def _green(self, area: QgsGeometry | None) -> float | None:
        shapes = self.layers["GREEN"].shapes
        if area is None or not shapes:
            return None
        return math.fsum(s.area() for s in QgisPlanar().clip(list(shapes), area) if s is not None)

    # -- channels --------------------------------------------------------------
    def _channels(self, around: places.Around) -> list[Line]:
        channels = places_of(self.layers["CHANNELS"])
        if not channels:
            return []
        facts = self._channel_facts(channels)
        kept = [
            n for n, p in enumerate(channels)
            if (self.boundary is None or p.shape.intersects(self.boundary)) and p.values.get("change") != "vanished"
        ]  # fmt: skip
        chosen, told = [channels[n] for n in kept], [facts[n] for n in kept]
        case, cover = Case(self.edition, {}), self._cover_along(chosen)
        return places.channel_lines(case, chosen, self.rows("a6"), told, cover, around.titles)

    def _channel_facts(self, channels: Sequence[places.Place]) -> list[dict[str, Any]]:
        """What each channel says by column of A.6: its own figures, then the DEM's, then the layers along it."""
        facts: list[dict[str, Any]] = [{} for _ in channels]
        if self.flow is not None:
            for at, figures in zip(self.drawn, ground.channel_figures(self.flow, len(self.drawn))):
                facts[at].update({STREAM_FIELDS[k]: v for k, v in figures.items()})
        try:
            for name, values in self._along(channels).items():
                for number, value in enumerate(values):
                    facts[number][name] = value
        except MissingLibrary as error:
            self.inputs.warn(error.problems)
        for fact, channel in zip(facts, channels):
            fact["length_m"] = float(channel.shape.length())
            fact.update(
                {c: channel.values[f] for f, c in STREAM_FIELDS.items() if channel.values.get(f) is not None}
            )
        return facts

    def _along(self, channels: Sequence[places.Place]) -> dict[str, list[Any]]:
        """Width, outfalls, sand pits and land use along each channel."""
        lines = [max(line_parts(bytes(c.shape.asWkb())), key=len) for c in channels]
        belt = float(self.edition.default("bank_belt_m"))
        water, points = self.layers["WATERBODIES"].records, self.layers["POLLUTION"].records
        found: dict[str, list[Any]] = {}
        if water:
            found["width_m"] = list(bankfacts.widths(lines, water))
        if points:
            found.update(bankfacts.points_along(lines, points, belt))
        if self.land:
            parcels = bankfacts.Parcels(self.land.records, self.classes)
            found["riparian_land_use"] = list(bankfacts.parcel_land_use(lines, parcels, belt, water))
        dams = self._dams()
        if dams:
            near = nearest_channels(np.array([(p.x(), p.y()) for p in dams]), lines, belt)
            every = counts(near, np.ones(len(dams), bool), len(lines))
            found["cross_structures"] = [int(n) for n in every]
        return found

    def _dams(self) -> list[QgsPointXY]:
        """Dams and weirs among the structures."""
        layer = self.layers["STRUCTURES"]
        return [
            s.centroid().asPoint()
            for r, s in zip(layer.records, layer.shapes)
            if s.type() != _LINE and any(w in str(r.attributes.get("kind") or "") for w in _DAMS)
        ]

    def _cover_along(self, channels: Sequence[places.Place]) -> list[float | None]:
        """Mean vegetation cover along each channel, %."""
        if "COVER" not in self.grids:
            return [None] * len(channels)
        lines = [max(line_parts(bytes(c.shape.asWkb())), key=len) for c in channels]
        belt = float(self.edition.default("bank_belt_m"))
        return list(bankfacts.cover(lines, self.grids["COVER"][0], belt))


def _shape(record: Record) -> QgsGeometry:
    found = QgsGeometry()
    found.fromWkb(record.wkb or b"")
    return found


def _counted(layer: Layer, kind: str, seats: Sequence[places.Place]) -> list[int | None]:
    """How many features of a kind have each village as their nearest; None where the layer has no feature."""
    if not layer:
        return [None] * len(seats)
    chosen = [
        s.centroid().asPoint()
        for r, s in zip(layer.records, layer.shapes)
        if r.attributes.get("kind") == kind
    ]
    return list(places.by_village(chosen, seats))
