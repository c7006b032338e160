"""``qingliu:delineatewatershed``: the catchment above an outlet, or villages as the unit (3.0.2)."""

from __future__ import annotations

from typing import Any, Iterator, Mapping

import numpy as np
from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsGeometry,
    QgsMapLayer,
    QgsProcessing,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingOutputNumber,
    QgsProcessingParameterEnum,
    QgsProcessingParameterFeatureSink,
    QgsProcessingParameterFeatureSource,
    QgsProcessingParameterFile,
    QgsProcessingParameterMultipleLayers,
    QgsProcessingParameterNumber,
    QgsProcessingParameterPoint,
    QgsProcessingParameterRasterLayer,
    QgsRectangle,
)

from ..core.errors import InputError, Problem
from ..core.standard import default_edition
from ..core.terrain.catchments import catchment_mask
from ..core.terrain.delineation import Outlet, is_complete, largest_complete, size_check, snap_outlet
from ..core.terrain.routing import route_values
from ..layers import engine
from ..layers.crs import coordinate_problems, crs_problems, distance_area, output_crs
from ..layers.datums import guard
from ..layers.labels import label_polygons
from ..layers.lines import point_parts, union
from ..layers.rasterfiles import frame_extent
from ..layers.records import POINT, POLYGON, Wanted, id_list
from ..layers.streams import read_terrain
from .algorithm import QingliuAlgorithm
from .feedback import StageProgress
from .inputs import Inputs
from .results import write_layer

STAGES = (
    ("read_dem", 2.0), ("compile", 2.0), ("descent", 1.0), ("saddles", 1.0), ("passes", 0.5), ("fill", 0.5),
    ("directions", 1.0), ("flats", 1.0), ("inflows", 0.5), ("accumulation", 1.5), ("rim", 0.5),
    ("catchments", 1.0), ("write_features", 0.5),
)  # fmt: skip

FIELDS = (
    ("outlet_id", "text"), ("area_km2", "number"), ("snapped_m", "number"), ("size_check", "text"),
    ("complete", "boolean"), ("clause", "text"),
)  # fmt: skip


class DelineateWatershed(QingliuAlgorithm):
    """See ``resources/help/delineatewatershed.yaml``."""

    ID = "delineatewatershed"
    KERNELS = True

    def define(self) -> None:
        """Parameters as CONTRACT names them."""
        point, polygon = QgsProcessing.SourceType.TypeVectorPoint, QgsProcessing.SourceType.TypeVectorPolygon
        self.add(QgsProcessingParameterRasterLayer("DEM", self.label("DEM"), optional=True))
        self.add(QgsProcessingParameterPoint("OUTLET", self.label("OUTLET"), optional=True))
        self.add(
            QgsProcessingParameterFeatureSource("OUTLETS", self.label("OUTLETS"), [point], optional=True)
        )
        double = QgsProcessingParameterNumber.Type.Double
        snap = QgsProcessingParameterNumber(
            "SNAP_DISTANCE",
            self.label("SNAP_DISTANCE"),
            double,
            default_edition().default("snap_distance_m"),
            minValue=0.0,
        )
        self.add(snap)
        villages = QgsProcessingParameterFeatureSource(
            "VILLAGES", self.label("VILLAGES"), [polygon], optional=True
        )
        self.add(villages)
        under = QgsProcessingParameterMultipleLayers(
            "UNDER", self.label("UNDER"), QgsProcessing.SourceType.TypeMapLayer, optional=True
        )
        self.add(under, advanced=True)
        method = QgsProcessingParameterEnum("METHOD", self.label("METHOD"), ["fill", "breach"], False, "fill")
        method.setUsesStaticStrings(True)
        self.add(method, advanced=True)
        behaviour = QgsProcessingParameterFile.Behavior.File
        county = QgsProcessingParameterFile("COUNTY", self.label("COUNTY"), behaviour, "yaml", optional=True)
        self.add(county, advanced=True)
        self.add(QgsProcessingParameterFeatureSink("OUTPUT", self.label("OUTPUT"), polygon))
        self.addOutput(QgsProcessingOutputNumber("AREA_KM2", self.label("AREA_KM2")))

    def work(
        self, parameters: dict[str, Any], context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> dict[str, Any]:
        """From villages where they are given, else from the DEM."""
        inputs = Inputs(self, parameters, context, feedback)
        progress = StageProgress(feedback, STAGES)
        inputs.county()
        if inputs.given("VILLAGES"):
            crs, rows = _village_unit(inputs, progress)
        elif inputs.given("DEM"):
            run = _Run(inputs, progress)
            crs, rows = run.target, list(run.rows())
        else:
            raise InputError("QL-PARAM-MISSING", parameter="DEM", label=self.label("DEM"))
        return self._write(inputs, progress, crs, rows)

    def _write(
        self, inputs: Inputs, progress: StageProgress, crs: QgsCoordinateReferenceSystem, rows: list[Any]
    ) -> dict[str, Any]:
        columns = self.columns("OUTPUT", *FIELDS)
        destination = write_layer(
            self, inputs, "OUTPUT", columns, rows, crs, style=self.style("boundary"), progress=progress
        )
        return {"OUTPUT": destination, "AREA_KM2": max(row["area_km2"] for row, _ in rows)}


def _village_unit(inputs: Inputs, progress: StageProgress) -> tuple[QgsCoordinateReferenceSystem, list[Any]]:
    """The villages as one polygon: on plains the unit is a group of administrative villages (3.0.2)."""
    source = inputs.must_source("VILLAGES")
    inputs.faults.extend(crs_problems(source.sourceCrs(), source.sourceName(), "VILLAGES"))
    inputs.settle()
    target = output_crs(source.sourceCrs(), source.sourceExtent(), source.sourceName(), "VILLAGES")
    inputs.warn(target.warnings)
    villages = inputs.records("VILLAGES", target.crs, Wanted(POLYGON), progress=progress)
    inputs.settle()
    if not villages:
        raise InputError("QL-LAYER-NOFEATURES", layer=source.sourceName(), parameter="VILLAGES")
    unit = union(villages)
    unit.convertToMultiType()
    area = round(unit.area()) / 1e6
    row = {"outlet_id": None, "area_km2": area, "snapped_m": None, "size_check": size_check(area)}
    return target.crs, [({**row, "complete": True, "clause": "3.0.2"}, bytes(unit.asWkb()))]


class _Run:
    """Delineation on a DEM: routed once, then one catchment for each outlet."""

    def __init__(self, inputs: Inputs, progress: StageProgress) -> None:
        self.inputs = inputs
        self.progress = progress
        terrain = inputs.must(
            lambda: read_terrain(inputs.raster("DEM") or "", shifts=inputs.shifts, progress=progress)
        )
        inputs.warn(terrain.warnings)
        self.dem, self.dem_crs, self.target = terrain.dem, terrain.crs, terrain.target
        self.to_target = terrain.to_target

    def rows(self) -> Iterator[tuple[Mapping[str, Any], bytes]]:
        points = self._points()
        self.inputs.settle()
        arrays = self._routed()
        outlets = [self._snapped(name, x, y, arrays) for name, x, y in points]
        self.inputs.settle()
        if not points:
            outlets.append((None, self._largest(arrays)))
        incomplete = []
        for name, outlet in outlets:
            if outlet is not None:  # those without one have been refused by settle
                row, wkb = self._row(name, outlet, arrays)
                if not row["complete"]:
                    incomplete.append(name or "-")
                yield row, wkb
        if incomplete:
            self.inputs.warn([Problem("QL-WATERSHED-INCOMPLETE", {"outlet": id_list(incomplete)})])

    def _points(self) -> list[tuple[str | None, float, float]]:
        """Name and place of each outlet in the DEM's CRS."""
        inputs = self.inputs
        found: list[tuple[str | None, float, float]] = []
        if inputs.given("OUTLET"):
            crs = inputs.algorithm.parameterAsPointCrs(inputs.parameters, "OUTLET", inputs.context)
            point = inputs.algorithm.parameterAsPoint(inputs.parameters, "OUTLET", inputs.context)
            if not crs.isValid() and "[" in str(inputs.parameters["OUTLET"]):
                given = str(inputs.parameters["OUTLET"])
                raise InputError("QL-WATERSHED-OUTLETCRS", parameter="OUTLET", value=given)
            crs = crs if crs.isValid() else self.dem_crs
            box = QgsRectangle(point.x(), point.y(), point.x(), point.y())
            inputs.faults.extend(coordinate_problems(crs, box, "OUTLET", "OUTLET"))
            inputs.settle()
            moved = guard(
                crs, self.dem_crs,
                layer="OUTLET", parameter="OUTLET", algorithm="delineatewatershed", shifts=inputs.shifts,
            )  # fmt: skip
            inputs.warn(moved.warnings)
            found.append((None, *moved.transform.point(point.x(), point.y())))
        return [*found, *self._layer_points()]

    def _layer_points(self) -> list[tuple[str | None, float, float]]:
        """The points of OUTLETS; those of a multipoint are outlets of their own, numbered."""
        inputs = self.inputs
        found: list[tuple[str | None, float, float]] = []
        before = len(inputs.faults)
        for record in inputs.records("OUTLETS", self.dem_crs, Wanted(POINT), first=self.dem_crs):
            name = str(record.attributes.get("name") or record.uuid or record.fid)
            places = point_parts(record.wkb or b"").tolist()
            for number, (x, y) in enumerate(places, 1):
                found.append((name if len(places) == 1 else f"{name}-{number}", x, y))
        if inputs.given("OUTLETS") and not found and len(inputs.faults) == before:
            facts = {"layer": inputs.title("OUTLETS"), "parameter": "OUTLETS"}
            inputs.faults.append(Problem("QL-LAYER-NOFEATURES", facts))
        return found

    def _routed(self) -> Mapping[str, np.ndarray]:
        warnings: list[Problem] = []
        values = route_values(self.dem.frame, self.inputs.choice("METHOD"), 10.0, 200.0)
        done = engine.run(
            "route", {"dem": self.dem.values}, values,
            cells=self.dem.values.size, warnings=warnings, progress=self.progress,
        )  # fmt: skip
        self.inputs.warn(warnings)
        return done.arrays

    def _snapped(
        self, name: str | None, x: float, y: float, arrays: Mapping[str, np.ndarray]
    ) -> tuple[str | None, Outlet | None]:
        distance = self.inputs.number("SNAP_DISTANCE")
        outlet = snap_outlet(x, y, arrays["direction"], arrays["drained"], self.dem.frame, distance)
        if outlet is None:
            parameter = "OUTLET" if name is None else "OUTLETS"
            facts = {"parameter": parameter, "outlet": name or f"{x:.3f}, {y:.3f}", "distance": distance}
            self.inputs.faults.append(Problem("QL-WATERSHED-NODATA", facts))
        return name, outlet

    def _largest(self, arrays: Mapping[str, np.ndarray]) -> Outlet:
        """The largest complete catchment of 5–50 km², under the layers named where there are some."""
        drained = arrays["drained"]
        mask = self._under()
        if mask is not None:
            drained = np.where(mask, drained, 0)
        found = largest_complete(arrays["direction"], drained, arrays["contaminated"], self.dem.frame)
        if found is None:
            raise InputError("QL-WATERSHED-NONE", parameter="OUTLET")
        x, y = self.dem.frame.centre(found.row, found.col)
        digits = 6 if self.dem.frame.geographic else 1
        chosen = {"x": f"{x:.{digits}f}", "y": f"{y:.{digits}f}", "area": f"{found.area_m2 / 1e6:.3f}"}
        self.inputs.warn([Problem("QL-WATERSHED-CHOSEN", chosen)])
        return found

    def _under(self) -> np.ndarray | None:
        """Cells within the common extent of the layers of UNDER."""
        inputs, frame = self.inputs, self.dem.frame
        if not inputs.given("UNDER"):
            return None
        layers = inputs.algorithm.parameterAsLayerList(inputs.parameters, "UNDER", inputs.context)
        self._check_under(layers)
        box = frame_extent(frame)
        for layer in layers:
            moved = guard(
                layer.crs(), self.dem_crs, layer=layer.name(), parameter="UNDER", shifts=inputs.shifts
            )
            box = box.intersect(moved.transform.rectangle(QgsRectangle(layer.extent())))
        rows = frame.y0 - (np.arange(frame.rows) + 0.5) * frame.dy
        cols = frame.x0 + (np.arange(frame.cols) + 0.5) * frame.dx
        inside_rows = (rows >= box.yMinimum()) & (rows <= box.yMaximum())
        inside_cols = (cols >= box.xMinimum()) & (cols <= box.xMaximum())
        return inside_rows[:, None] & inside_cols[None, :]

    def _check_under(self, layers: list[QgsMapLayer]) -> None:
        """QGIS passes over what it cannot open; a layer left out would let the outlet lie anywhere."""
        inputs = self.inputs
        value = inputs.parameters["UNDER"]
        wanted = list(value) if isinstance(value, (list, tuple)) else [value]
        if len(layers) < len(wanted):
            known = {name for layer in layers for name in (layer.id(), layer.name(), layer.source())}
            lost = [str(v) for v in wanted if v not in layers and str(v) not in known]
            facts = {"parameter": "UNDER", "layer": ", ".join(lost) or "-"}
            inputs.faults.append(Problem("QL-WATERSHED-UNDER", facts))
        for layer in layers:
            inputs.faults.extend(crs_problems(layer.crs(), layer.name(), "UNDER"))
        inputs.settle()

    def _tell_area(self, name: str | None, shape: QgsGeometry) -> None:
        """Both areas of a catchment, for the log."""
        ellipsoidal = distance_area(self.target).measureArea(shape)
        facts = {"planar": f"{shape.area() / 1e6:.6f}", "ellipsoidal": f"{ellipsoidal / 1e6:.6f}"}
        self.inputs.feedback.pushInfo(Problem("QL-WATERSHED-AREA", {"outlet": name or "-", **facts}).text())

    def _row(
        self, name: str | None, outlet: Outlet, arrays: Mapping[str, np.ndarray]
    ) -> tuple[Mapping[str, Any], bytes]:
        direction = arrays["direction"]
        mask = catchment_mask(direction, outlet.row, outlet.col, self.progress)
        ((_, wkb),) = label_polygons(mask.astype(np.int32), self.dem.frame, self.progress)
        shape = QgsGeometry()
        shape.fromWkb(wkb)
        if not self.to_target.identity:
            shape.transform(self.to_target.qgis())
        self._tell_area(name, shape)
        area = round(outlet.area_m2) / 1e6
        complete = is_complete(mask, direction)
        row = {
            "outlet_id": name,
            "area_km2": area,
            "snapped_m": round(outlet.snapped_m, 3),
            "size_check": size_check(area),
            "complete": complete,
            "clause": "3.0.2",
        }
        return row, bytes(shape.asWkb())
