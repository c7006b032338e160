"""One run of ``qingliu:zoning``: what is read of each role, what it decides, and the rows that come of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Iterator, Mapping

import numpy as np

from ..core import language
from ..core.errors import InputError, Problem
from ..core.terrain.routing import route_values
from ..core.zoning.cells import Placing, decide, filled, smoothed, without_small_patches
from ..core.zoning.draw import CellRules, Drawn, Parcels, draw, parcel_rules, patch_preference
from ..core.zoning.lattice import bounds_of
from ..core.zoning.relief import terrain_of
from ..core.zoning.rules import Narrowed, Scheme, load_scheme, narrowed, parse_overrides
from ..layers import engine
from ..layers.crs import crs_problems, distance_area, from_wkt, output_crs
from ..layers.datums import guard
from ..layers.dem import read_dem
from ..layers.landuse import classify_cells, classify_records, read_map
from ..layers.planar import geometry_of
from ..layers.rasters import read_codes, read_raster
from ..layers.records import ANY, LINE, POLYGON, Record, Wanted
from ..layers.zoningbelts import (
    Drainage,
    Influence,
    channel_belts,
    courses_of_dem,
    courses_of_records,
    water_belts,
    water_kind,
)
from ..layers.zoninggrid import Bounds, brought, burned, distance_to, outlines, working_frame
from ..layers.zoninginputs import (
    Ground,
    erosion_classes,
    means,
    roads_among,
    settlements_among,
    shares,
    take_distances,
    take_erosion,
)
from .feedback import StageProgress
from .inputs import Inputs

NUMBERS = {"AREA_PROTECTION": "protection", "AREA_REGULATION": "regulation", "AREA_CHANNEL": "channel"}
# What a channel's own fields may say of its width.
CHANNEL_NUMBERS = ("area_km2", "strahler", "width_m")
# The store's fields and the third land survey's.
USUAL_FIELDS = {"LANDUSE": ("landuse", "DLBM"), "EROSION": ("class",)}
HM2 = 10_000.0
# Boundaries are drawn by hand along ridges: a few cells beyond the DEM are filled, more is a fault.
HOLES_ALLOWED = 0.005


class Run:
    """One run: what was read, what was decided."""

    def __init__(self, inputs: Inputs, progress: StageProgress) -> None:
        self.inputs = inputs
        self.progress = progress

    # -- reading -------------------------------------------------------------
    def read(self) -> None:
        """All inputs, with every fault of them in one list."""
        inputs = self.inputs
        inputs.county()
        scheme = inputs.attempt(self._scheme)
        inputs.attempt(self._read_boundary)
        self._field_faults()
        reading = inputs.attempt(lambda: read_dem(inputs.raster("DEM"), progress=self.progress))
        inputs.settle()
        if scheme is None or reading is None:
            return
        self.scheme = scheme
        inputs.warn(reading.warnings)
        self.dem = reading.grid
        self.window = Bounds(*bounds_of(self.boundary))
        self._route()
        self._fill_ground()
        inputs.settle()

    def _read_boundary(self) -> bool:
        """The boundary, and with it the CRS of the results."""
        inputs = self.inputs
        source = inputs.source("BOUNDARY")
        if source is None:
            return False
        name = source.sourceName()
        if source.featureCount() == 0 or source.sourceExtent().isNull():
            raise InputError("QL-ZONING-NOBOUNDARY", layer=name)
        faults = crs_problems(source.sourceCrs(), name, "BOUNDARY")
        if faults:
            raise InputError(problems=faults)
        placed = output_crs(source.sourceCrs(), source.sourceExtent(), name, "BOUNDARY")
        inputs.warn(placed.warnings)
        self.target, self.first = placed.crs, source.sourceCrs()
        before = len(inputs.faults)
        self.boundary = [r.wkb for r in self._records("BOUNDARY", POLYGON) if r.wkb]
        if not self.boundary and len(inputs.faults) == before:
            raise InputError("QL-ZONING-NOBOUNDARY", layer=name)
        return True

    def _scheme(self) -> Scheme:
        inputs = self.inputs
        overrides = parse_overrides(inputs.text("RULES"))
        custom = Path(inputs.text("CUSTOM")) if inputs.given("CUSTOM") else None
        return load_scheme(inputs.choice("SCHEME"), custom=custom, overrides=overrides)

    def _records(self, name: str, kind: str, *needed: str, numbers: tuple[str, ...] = ()) -> list[Record]:
        source = self.inputs.source(name) if numbers else None
        present = source.fields().names() if source is not None else []
        wanted = Wanted(kind, tuple(needed), tuple(n for n in numbers if n in present))
        return self.inputs.records(name, self.target, wanted, first=self.first, progress=self.progress)

    def _field_faults(self) -> None:
        """Layers whose field was not named and is not one that the store or the land survey uses."""
        inputs = self.inputs
        self.field_of = {}
        for role, code in (("LANDUSE", "QL-ZONING-NOFIELD"), ("EROSION", "QL-ZONING-EROSIONFIELD")):
            if not inputs.given(role) or (role == "LANDUSE" and inputs.is_raster(role)):
                continue
            source = inputs.source(role)
            present = source.fields().names() if source is not None else []
            usual = next((n for n in USUAL_FIELDS[role] if n in present), "")
            self.field_of[role] = inputs.text(f"{role}_FIELD") or usual
            if source is not None and not self.field_of[role]:
                inputs.faults.append(Problem(code, {"layer": inputs.title(role)}))

    def _route(self) -> None:
        """Where the DEM's water goes."""
        warnings: list[Problem] = []
        values = route_values(self.dem.frame, "fill", 10.0, 200.0)
        done = engine.run(
            "route", {"dem": self.dem.values}, values,
            cells=self.dem.values.size, warnings=warnings, progress=self.progress,
        )  # fmt: skip
        self.inputs.warn(warnings)
        drained = done.arrays["drained"]
        frame = self.dem.frame
        km2 = drained / 1e6 if frame.geographic else drained * (frame.dx * frame.dy / 1e6)
        self.drainage = Drainage(self.dem, done.arrays["direction"], drained, km2)

    # -- what is known of each cell -------------------------------------------
    def _fill_ground(self) -> None:
        limits = self.scheme.limits
        margin = max(
            limits["disturbance_village_m"], limits["disturbance_road_m"], limits["channel_influence_m"]
        )
        frame = working_frame(self.dem.frame, self.target, self.window, margin)
        self.ground = Ground(frame)
        self._take_terrain()
        self._take_land_use()
        self._take_other()

    def _take_terrain(self) -> None:
        limits, dem = self.scheme.limits, self.dem
        found = terrain_of(
            dem.values, dem.frame, self.drainage.direction, self.drainage.drained_km2,
            limits["zone_drainage_area_km2"], limits["slope_relief_reach_m"], limits["slope_relief_min_m"],
            self.progress,
        )  # fmt: skip
        for name, values in found.items():
            self.ground.measured[name] = brought(values, dem.frame, self.ground.frame, self.progress)
        heights = brought(dem.values, dem.frame, self.ground.frame, self.progress)
        self.inside = inside = burned(self.boundary, self.ground.frame, self.progress) >= 0
        self.holes = inside & np.isnan(heights)
        count, share = int(self.holes.sum()), float(self.holes.sum() / max(int(inside.sum()), 1))
        if not inside.any():
            self._too_small()
        elif share > HOLES_ALLOWED:
            area = count * self.ground.frame.dx * self.ground.frame.dy / HM2
            facts = {"percent": f"{100 * share:.2f}", "area": f"{area:.4f}"}
            facts.update(layer=self.inputs.title("BOUNDARY"), dem=self.inputs.title("DEM"))
            self.inputs.faults.append(Problem("QL-ZONING-OUTSIDEDEM", facts))
        elif count:
            self.inputs.warn([Problem("QL-ZONING-DEMHOLES", {"count": count})])

    def _too_small(self) -> None:
        """QL-ZONING-TINY: no cell's centre lies inside the boundary."""
        frame = self.ground.frame
        hm2 = sum(geometry_of(r).area() for r in self.boundary) / HM2
        facts = {
            "layer": self.inputs.title("BOUNDARY"),
            "area": f"{hm2:.6f}",
            "cell": f"{frame.dx:g} x {frame.dy:g}",
        }
        self.inputs.faults.append(Problem("QL-ZONING-TINY", facts))

    def _take_land_use(self) -> None:
        inputs = self.inputs
        self.parcels: list[Record] = []
        if not inputs.given("LANDUSE"):
            inputs.warn([Problem("QL-ZONING-NOLANDUSE")])
            return
        mapping = inputs.attempt(lambda: read_map(inputs.text("LANDUSE_MAP") or None))
        if mapping is None:
            return
        inputs.warn(mapping[1])
        take = self._take_raster if inputs.is_raster("LANDUSE") else self._take_parcels
        inputs.attempt(lambda: take(mapping[0]))

    def _take_raster(self, mapping: Mapping[str, str] | None) -> bool:
        frame = self.ground.frame
        reading = read_codes(
            self.inputs.raster("LANDUSE"), "LANDUSE", frame,
            algorithm="zoning", shifts=self.inputs.shifts, progress=self.progress,
        )  # fmt: skip
        self.inputs.warn(reading.warnings)
        layer = self.inputs.title("LANDUSE")
        known = classify_cells(reading.grid, frame.row_cell_areas(), layer=layer, mapping=mapping)
        self.inputs.warn(known.warnings)
        self.ground.take_codes(reading.grid.codes, reading.grid.valid, known.classes)
        unknown = (
            int(((self.ground.land_use < 0) & self.inside).sum()) if self.ground.land_use is not None else 0
        )
        if unknown:
            area = f"{unknown * frame.dx * frame.dy / HM2:.4f}"
            self.inputs.warn([Problem("QL-ZONING-UNKNOWNUSE", {"layer": layer, "area": area})])
        return True

    def _take_parcels(self, mapping: Mapping[str, str] | None) -> bool:
        name = self.field_of["LANDUSE"]
        records = self._records("LANDUSE", POLYGON, name)
        near = [r for r in records if r.wkb and self._in_window(r.wkb)]
        areas = [geometry_of(r.wkb or b"").area() for r in near]
        found = classify_records(near, areas, name, layer=self.inputs.title("LANDUSE"), mapping=mapping)
        self.inputs.warn(found.warnings)
        self.parcels, self.classes = near, found.classes
        self.ground.take_parcels(near, found.classes, self.progress)
        return True

    def _in_window(self, wkb: bytes) -> bool:
        frame = self.ground.frame
        west, south, east, north = bounds_of([wkb])
        right, bottom = frame.x0 + frame.cols * frame.dx, frame.y0 - frame.rows * frame.dy
        return west <= right and east >= frame.x0 and south <= frame.y0 and north >= bottom

    def _take_other(self) -> None:
        """Distances, erosion, cover, channels and water."""
        inputs, ground = self.inputs, self.ground
        self.channels = self._records("CHANNELS", LINE, numbers=CHANNEL_NUMBERS)
        self.water = self._records("WATERBODIES", POLYGON)
        villages = settlements_among(self._records("VILLAGES", ANY))
        take_distances(
            ground, self.scheme, villages, roads_among(self._records("ROADS", LINE)), self.progress
        )
        if inputs.given("EROSION"):
            name = self.field_of["EROSION"]
            records = self._records("EROSION", POLYGON, name)
            classes, warnings = erosion_classes(records, name, inputs.title("EROSION"))
            inputs.warn(warnings)
            take_erosion(ground, records, classes, self.progress)
        if inputs.given("COVER"):
            reading = inputs.attempt(
                lambda: read_raster(inputs.raster("COVER"), "COVER", ground.frame, shifts=inputs.shifts)
            )
            if reading is not None:
                inputs.warn(reading.warnings)
                cover = reading.grid.values
                fraction = not np.nanmax(cover) > 1.5  # a fraction of one, not per cent
                ground.measured["cover_pct"] = cover * np.float32(100 if fraction else 1)

    # -- belts ---------------------------------------------------------------
    def _influence(self) -> Influence:
        ground, reach = self.ground, self.scheme.limits["channel_influence_m"]
        if ground.land_use is None:
            return Influence(None, ground.frame, reach)
        # of land whose use is not known nobody can say that it is free of influence
        used = ground.in_group(self.scheme, "used") | (ground.land_use < 0)
        return Influence(distance_to(used, ground.frame, self.progress), ground.frame, reach)

    def _belts(self) -> dict[str, list[bytes]]:
        limits, inputs = self.scheme.limits, self.inputs
        influence = self._influence()
        dem_crs = from_wkt(self.dem.frame.crs_wkt)
        to_target = guard(
            dem_crs, self.target, layer=inputs.title("DEM"), parameter="DEM", shifts=inputs.shifts
        )
        inputs.warn(to_target.warnings)
        if inputs.given("CHANNELS"):
            to_dem = guard(
                self.target, dem_crs, layer=inputs.title("DEM"), parameter="DEM", shifts=inputs.shifts
            )
            courses = courses_of_records(self.channels, self.drainage, to_dem.transform, influence)
        else:
            least = limits["channel_zone_area_min_km2"]
            courses = courses_of_dem(self.drainage, least, to_target.transform, influence)
        cell = max(self.ground.frame.dx, self.ground.frame.dy)
        belts = channel_belts(courses, limits, cell, self.progress)
        return {"channels": belts, "water": water_belts(self._water(), limits, self.progress)}

    def _water(self) -> list[tuple[bytes, str]]:
        """Water bodies with their kind: the layer's, and those of the land use."""
        found = [(r.wkb, water_kind(r)) for r in self.water if r.wkb]
        ground, scheme = self.ground, self.scheme
        if ground.parcel is None:
            for group, kind in (("water", ""), ("ditch", "ditch")):
                shapes = outlines(ground.in_group(scheme, group), ground.frame, self.progress)
                found += [(wkb, kind) for wkb in shapes]
            return found
        return found + self._water_parcels()

    def _water_parcels(self) -> list[tuple[bytes, str]]:
        groups = self.scheme.groups
        found = []
        for record, land in zip(self.parcels, self.classes):
            code = land.code if land is not None else ""
            if code.startswith(groups["water"]):
                found.append((record.wkb or b"", "river" if code == "1101" else ""))
            elif code.startswith(groups["ditch"]):
                found.append((record.wkb or b"", "ditch"))
        return found

    # -- drawing -------------------------------------------------------------
    def draw(self) -> Drawn:
        """The zones of the boundary."""
        belts = self._belts()
        self.narrow: Narrowed = narrowed(self.scheme, self.ground.available(b for b, s in belts.items() if s))
        self.inputs.warn(self.narrow.warnings())
        scheme = self.narrow.scheme
        rules = decide(scheme, self.ground.cells(), self.progress)
        rules[self.holes] = -1
        rules = filled(rules)
        minimum = self.least_area() * HM2
        parcels, cells = self._parcel_rules(rules), self._cell_rules(rules, minimum)
        drawn = draw(
            scheme, self.boundary,
            belts={i: belts[scheme.rules[i].belt or ""] for i in scheme.belts()},
            parcels=parcels, cells=cells, minimum_m2=minimum, progress=self.progress,
        )  # fmt: skip
        self._say(drawn, parcels is not None)
        return drawn

    def _parcel_rules(self, rules: np.ndarray) -> Parcels | None:
        if not self.parcels or self.ground.parcel is None:
            return None
        parcel = self.ground.parcel
        mine = parcel >= 0
        found = parcel_rules(self.narrow.scheme, parcel[mine], rules[mine], len(self.parcels))
        for i in np.flatnonzero(found < 0).tolist():  # smaller than a cell: the cell in which it lies
            found[i] = self._rule_at(rules, self.parcels[i].wkb or b"")
        return Parcels([r.wkb or b"" for r in self.parcels], found)

    def _rule_at(self, rules: np.ndarray, wkb: bytes) -> int:
        frame = self.ground.frame
        west, south, east, north = bounds_of([wkb])
        col = min(max(int(((west + east) / 2 - frame.x0) // frame.dx), 0), frame.cols - 1)
        row = min(max(int((frame.y0 - (south + north) / 2) // frame.dy), 0), frame.rows - 1)
        return int(rules[row, col])

    def _cell_rules(self, rules: np.ndarray, minimum: float) -> CellRules | None:
        """Cells where no parcel decides, without speckle; None where parcels hold everything."""
        frame, scheme = self.ground.frame, self.narrow.scheme
        if self.ground.parcel is not None:
            open_land = (self.ground.parcel < 0) & self.inside
            if not open_land.any():
                return None
            rules = filled(np.where(self.ground.parcel < 0, rules, -1).astype(rules.dtype))
        rules = smoothed(rules, len(scheme.rules), progress=self.progress)
        cell = frame.dx * frame.dy
        rules = without_small_patches(rules, cell, minimum, patch_preference(scheme), self.progress)
        return CellRules(rules, Placing(frame.x0, frame.y0, frame.dx, frame.dy))

    def _say(self, drawn: Drawn, by_parcels: bool) -> None:
        warnings = []
        if by_parcels:
            for code, amount in (("QL-ZONING-GAPS", drawn.gaps), ("QL-ZONING-OVERLAPS", drawn.overlaps)):
                if amount.pieces:
                    facts = {"count": amount.pieces, "area": f"{amount.area_m2 / HM2:.4f}"}
                    warnings.append(Problem(code, facts))
        planar = sum(a.area_m2 for a in drawn.outline)
        before = sum(geometry_of(w).area() for w in self.boundary)
        if abs(planar - before) > 1.0:
            warnings.append(Problem("QL-ZONING-BOUNDARYMOVED", {"area": f"{planar - before:+.3f}"}))
        self.inputs.warn(warnings)
        measure = distance_area(self.target)
        ellipsoidal = sum(measure.measureArea(geometry_of(a.wkb)) for a in drawn.outline)
        texts = {"planar": f"{planar / HM2:.4f}", "ellipsoidal": f"{ellipsoidal / HM2:.4f}"}
        line = Problem(
            "QL-ZONING-AREAS",
            {**texts, "merged": drawn.merged.pieces, "hm2": f"{drawn.merged.area_m2 / HM2:.4f}"},
        )
        self.inputs.feedback.pushInfo(line.text())

    # -- results -------------------------------------------------------------
    def rows(self, drawn: Drawn) -> Iterator[tuple[dict[str, Any], bytes]]:
        """One row per zone polygon."""
        scheme, ground = self.narrow.scheme, self.ground
        owner = burned([z.wkb for z in drawn.zones], ground.frame, self.progress)
        averages = means(ground.measured, owner, len(drawn.zones))
        land = [{} for _ in drawn.zones]  # type: list[dict[str, float]]
        if ground.land_use is not None and ground.codes:
            land = shares(ground.land_use, ground.codes, owner, len(drawn.zones))
        names = {z.key: z for z in scheme.zones}
        for zone, mean, use in zip(drawn.zones, averages, land):
            rule = scheme.rules[zone.label]
            limits = {**scheme.of_rule(rule), "min_mapping_area_hm2": self.least_area()}
            facts = {"source": rule.source, "limits": limits, "mean": mean, "land_use": use}
            yield (
                {
                    "zone": rule.zone,
                    "zone_name": names[rule.zone].zh,
                    "area_hm2": round(zone.area_m2 / HM2, 4),
                    "rule": rule.id if rule.source == "clause" else f"{rule.id} (ours)",
                    "clause": rule.clause,
                    "reason": language.pick({"zh": rule.zh, "en": rule.en}),
                    "parameters": json.dumps(facts, ensure_ascii=False, sort_keys=True),
                },
                zone.wkb,
            )

    def least_area(self) -> float:
        """The smallest polygon, hm²: the parameter, or where it is not given the edition's number."""
        given = self.inputs.given("MIN_MAPPING_AREA")
        return self.inputs.number("MIN_MAPPING_AREA") if given else self.scheme.limits["min_mapping_area_hm2"]

    def areas(self, drawn: Drawn) -> dict[str, float]:
        """The totals by zone, hm²."""
        scheme = self.narrow.scheme
        return {
            name: round(sum(z.area_m2 for z in drawn.zones if scheme.rules[z.label].zone == key) / HM2, 4)
            for name, key in NUMBERS.items()
        }
