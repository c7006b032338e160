"""``qingliu:streamsurvey``: every channel to be surveyed, whole, with the reason (4.3.1, 4.3.2, A.6)."""

from __future__ import annotations

from collections import Counter
from typing import Any, Iterator, Mapping, NamedTuple

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
    QgsProcessingParameterMapLayer,
    QgsProcessingParameterNumber,
    QgsProcessingParameterRasterDestination,
    QgsProcessingParameterRasterLayer,
    QgsWkbTypes,
)

from ..core import language
from ..core.errors import Problem
from ..core.standard import default_edition
from ..core.terrain.catchments import label_catchments
from ..core.terrain.matching import NEW, SAME, SPLIT, Earlier, Identity, first_identities, match_previous
from ..core.terrain.streams import Depressions, Limits, Streams, default_limits
from ..layers.labels import label_polygons
from ..layers.lines import ellipsoidal_length, inside_lengths, line_parts, line_wkb, union
from ..layers.outputs import Column
from ..layers.planar import geometry_of
from ..layers.rasterfiles import frame_extent
from ..layers.rasters import write_raster
from ..layers.records import LINE, POLYGON, Record, Wanted, id_list
from ..layers.streams import Terrain, boundary_area, lines_beyond, read_terrain, run_streams
from .algorithm import QingliuAlgorithm
from .feedback import StageProgress
from .inputs import Inputs
from .previouschannels import above_given_ids, earlier_channels
from .results import Rows, write_layer
from .streambanks import BANK_FIELDS, Banks

STAGES = (
    ("read_dem", 2.0), ("read_features", 0.5), ("surveyed", 0.5), ("compile", 2.0), ("descent", 1.0), ("saddles", 1.0),
    ("passes", 0.5), ("fill", 0.5), ("directions", 1.0), ("flats", 1.0), ("inflows", 0.5),
    ("accumulation", 1.5), ("rim", 0.5), ("channels", 1.0), ("lines", 1.0), ("match", 0.5), ("banks", 0.5),
    ("write_features", 1.0), ("catchments", 1.0), ("write_raster", 1.0),
)  # fmt: skip

OUTPUT_FIELDS = (
    ("channel_id", "integer"), ("uuid", "text"), ("change", "text"), ("parent_id", "integer"),
    ("name", "text"), ("code", "text"), ("strahler", "integer"), ("hack", "integer"),
    ("length_m", "number"), ("inside_m", "number"), ("area_km2", "number"),
    ("gradient_permil", "number"), ("drop_permil", "number"), ("head_m", "number"), ("mouth_m", "number"),
    ("distance_outlet_m", "number"), ("survey_required", "boolean"), ("survey_reason", "text"),
    ("near_miss", "boolean"), ("complete", "boolean"), ("clause", "text"),
)  # fmt: skip


STATE = "state"
"""State of a channel (natural, disturbed, destroyed) as the survey says it; what the layout check asks for (5.2.3)."""


class _Network(NamedTuple):
    """What a run works out: the streams, who each channel is, what lies inside, what is gone."""

    streams: Streams
    identities: list[Identity]
    vanished: list[Earlier]
    inside_m: np.ndarray | None
    lines: list[Record]
    banks: Mapping[str, list[Any]]

    @property
    def tells_state(self) -> bool:
        """Whether the surveyed lines say what state their channels are in."""
        return bool(self.lines) and STATE in self.lines[0].attributes


class StreamSurvey(QingliuAlgorithm):
    """See ``resources/help/streamsurvey.yaml``."""

    ID = "streamsurvey"
    KERNELS = True

    def define(self) -> None:
        """Parameters as CONTRACT names them."""
        self.add(QgsProcessingParameterRasterLayer("DEM", self.label("DEM")))
        polygon, line = QgsProcessing.SourceType.TypeVectorPolygon, QgsProcessing.SourceType.TypeVectorLine
        self._source("BOUNDARY", polygon)
        self._source("CHANNELS", line)
        for name in ("NAME_FIELD", "CODE_FIELD"):
            self.add(QgsProcessingParameterField(name, self.label(name), None, "CHANNELS", optional=True))
        self._source("WATERBODIES", polygon)
        self._source("PREVIOUS", line)
        self._define_banks()
        limits = default_limits()
        self._number("MIN_LENGTH", limits.min_length_m)
        self._number("MIN_AREA", limits.min_area_km2)
        self._number("INITIATION_AREA", limits.initiation_km2)
        self.add(QgsProcessingParameterBoolean("INCLUDE_ALL", self.label("INCLUDE_ALL"), False))
        self._define_advanced()
        self._define_outputs()

    def _define_banks(self) -> None:
        raster, polygon = QgsProcessing.SourceType.TypeRaster, QgsProcessing.SourceType.TypeVectorPolygon
        landuse = QgsProcessingParameterMapLayer(
            "LANDUSE", self.label("LANDUSE"), optional=True, types=[raster, polygon]
        )
        self.add(landuse)
        self.add(
            QgsProcessingParameterField(
                "LANDUSE_FIELD", self.label("LANDUSE_FIELD"), None, "LANDUSE", optional=True
            )
        )
        behaviour = QgsProcessingParameterFile.Behavior.File
        self.add(
            QgsProcessingParameterFile(
                "LANDUSE_MAP", self.label("LANDUSE_MAP"), behaviour, "csv", optional=True
            )
        )
        self._source("POLLUTION", QgsProcessing.SourceType.TypeVectorPoint)
        self.add(QgsProcessingParameterRasterLayer("COVER", self.label("COVER"), optional=True))
        self._number("BANK_BELT", float(default_edition().default("bank_belt_m")))

    def _define_advanced(self) -> None:
        method = QgsProcessingParameterEnum("METHOD", self.label("METHOD"), ["fill", "breach"], False, "fill")
        method.setUsesStaticStrings(True)
        self.add(method, advanced=True)
        self._number("MAX_DEPTH", 10.0, advanced=True)
        self._number("MAX_LENGTH", 200.0, advanced=True)
        behaviour = QgsProcessingParameterFile.Behavior.File
        county = QgsProcessingParameterFile("COUNTY", self.label("COUNTY"), behaviour, "yaml", optional=True)
        self.add(county, advanced=True)

    def _define_outputs(self) -> None:
        line, polygon = QgsProcessing.SourceType.TypeVectorLine, QgsProcessing.SourceType.TypeVectorPolygon
        self.add(QgsProcessingParameterFeatureSink("OUTPUT", self.label("OUTPUT"), line))
        catchments = QgsProcessingParameterFeatureSink(
            "CATCHMENTS", self.label("CATCHMENTS"), polygon, optional=True, createByDefault=False
        )
        self.add(catchments)
        self.add(
            QgsProcessingParameterRasterDestination(
                "ACCUMULATION", self.label("ACCUMULATION"), optional=True, createByDefault=False
            )
        )
        for name in (
            "CHANNELS_TOTAL",
            "CHANNELS_REQUIRED",
            "CHANNELS_NEAR_MISS",
            "LENGTH_REQUIRED_M",
            "DRAINAGE_DENSITY",
        ):
            self.addOutput(QgsProcessingOutputNumber(name, self.label(name)))

    def _source(self, name: str, kind: QgsProcessing.SourceType) -> None:
        self.add(QgsProcessingParameterFeatureSource(name, self.label(name), [kind], optional=True))

    def _number(self, name: str, default: float, *, advanced: bool = False) -> None:
        double = QgsProcessingParameterNumber.Type.Double
        number = QgsProcessingParameterNumber(name, self.label(name), double, default, minValue=0.0)
        self.add(number, advanced=advanced)

    def work(
        self, parameters: dict[str, Any], context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> dict[str, Any]:
        """Read, survey, write."""
        inputs = Inputs(self, parameters, context, feedback)
        progress = StageProgress(feedback, STAGES)
        inputs.county()
        source = inputs.raster("DEM")
        terrain = inputs.must(
            lambda: read_terrain(source or "", "DEM", shifts=inputs.shifts, progress=progress)
        )
        inputs.warn(terrain.warnings)
        return _Run(inputs, progress, terrain).results(self)


class _Run:
    """One run: the DEM is read, everything else follows from it."""

    def __init__(self, inputs: Inputs, progress: StageProgress, terrain: Terrain) -> None:
        self.inputs = inputs
        self.progress = progress
        self.terrain = terrain
        self.dem = terrain.dem
        self.dem_crs = terrain.crs
        self.target = terrain.target
        self.boundary: QgsGeometry | None = None

    def results(self, algorithm: StreamSurvey) -> dict[str, Any]:
        network = self._network()
        self._warn_of_nothing(network)
        chosen = self._chosen(network)
        found = self._write_channels(algorithm, network, chosen)
        if self.inputs.given("CATCHMENTS"):
            found["CATCHMENTS"] = self._write_catchments(algorithm, network)
        drained = network.streams.drained  # kept where ACCUMULATION is wanted
        if drained is not None:
            found["ACCUMULATION"] = self._write_accumulation(algorithm, drained)
        found.update(self._numbers(network))
        return found

    # -- reading and computing -------------------------------------------------
    def _network(self) -> _Network:
        inputs, progress = self.inputs, self.progress
        polygon = Wanted(POLYGON)
        boundary = inputs.records("BOUNDARY", self.target, polygon, first=self.dem_crs, progress=progress)
        names = [n for n in (inputs.text("NAME_FIELD"), inputs.text("CODE_FIELD")) if n]
        wanted = Wanted(LINE, tuple(names))
        lines = inputs.records("CHANNELS", self.dem_crs, wanted, first=self.dem_crs, progress=progress)
        water = inputs.records("WATERBODIES", self.dem_crs, polygon, first=self.dem_crs, progress=progress)
        previous = earlier_channels(inputs, self.target, self.dem_crs, progress)
        if inputs.given("BOUNDARY") and not boundary and not inputs.faults:
            facts = {"parameter": "BOUNDARY", "layer": inputs.title("BOUNDARY")}
            inputs.faults.append(Problem("QL-STREAMS-EMPTYBOUNDARY", facts))
        banks = Banks(inputs, self.terrain, progress)
        banks.read()
        inputs.settle()
        if boundary:
            self.boundary = union(boundary)
            self._check_boundary(self.boundary)
        parts = [(record, xy) for record in lines for xy in line_parts(record.wkb or b"")]
        inputs.warn(_without_length(lines, inputs.title("CHANNELS")))
        inputs.warn(lines_beyond(parts, self.dem, inputs.title("CHANNELS")))
        streams = self._survey([xy for _, xy in parts], [record for record, _ in parts], water)
        return self._identified(streams, previous, [record for record, _ in parts], banks)

    def _check_boundary(self, boundary: QgsGeometry) -> None:
        """A boundary that the DEM does not meet is a fault, one it does not cover a warning."""
        extent = self.terrain.to_target.rectangle(frame_extent(self.dem.frame))
        box = boundary.boundingBox()
        facts = {"parameter": "BOUNDARY", "layer": self.inputs.title("BOUNDARY")}
        if not extent.intersects(box):
            self.inputs.faults.append(Problem("QL-STREAMS-NOBOUNDARY", facts))
            self.inputs.settle()
        if not extent.contains(box):
            self.inputs.warn([Problem("QL-STREAMS-BOUNDARYOUT", facts)])

    def _survey(self, lines: list[np.ndarray], owners: list[Record], water: list[Record]) -> Streams:
        inputs = self.inputs
        name_field = inputs.text("NAME_FIELD")
        limits = Limits(
            inputs.number("MIN_LENGTH"), inputs.number("MIN_AREA"), inputs.number("INITIATION_AREA")
        )
        depressions = Depressions(
            inputs.choice("METHOD"), inputs.number("MAX_DEPTH"), inputs.number("MAX_LENGTH")
        )
        streams, warnings = run_streams(
            self.terrain,
            limits,
            depressions=depressions,
            lines=lines,
            names=[r.attributes.get(name_field) or r.fid for r in owners] if name_field else None,
            water=water,
            keep_drained=inputs.given("ACCUMULATION"),
            progress=self.progress,
        )
        inputs.warn(warnings)
        changed = f"{streams.changed_cells:,}"
        told = {
            "en": f"{changed} cells filled or cut for the routing",
            "zh": f"为汇流计算填高或切低 {changed} 个像元",
        }
        inputs.feedback.pushInfo(language.pick(told))
        return streams

    def _identified(
        self, streams: Streams, previous: list[Earlier], lines: list[Record], banks: Banks
    ) -> _Network:
        channels = streams.channels
        course = [channels.lines.line(i) for i in range(len(channels))]
        self.progress.stage("match", len(channels))
        vanished: list[Earlier] = []
        if self.inputs.given("PREVIOUS"):
            cell = max(float(step.max()) for step in self.dem.frame.row_steps())
            matched = match_previous(course, previous, cell, progress=self.progress)
            identities, vanished = above_given_ids(matched.identities, self.inputs), matched.vanished
            self._tell_changes(identities, vanished)
        else:
            identities = first_identities(len(channels))
        inside = None
        if self.boundary is not None:
            inside = inside_lengths(course, channels.length_m, self.boundary, self.progress)
        self._tell_names(streams, lines)
        self.progress.stage("banks", len(course))
        return _Network(streams, identities, vanished, inside, lines, banks.columns(course))

    def _tell_names(self, streams: Streams, lines: list[Record]) -> None:
        """QL-STREAMS-NAMELOST: names of surveyed lines that no channel of the network carries."""
        field = self.inputs.text("NAME_FIELD")
        if not field:
            return
        carried = {lines[i].attributes.get(field) for i in streams.given_line.tolist() if i >= 0}
        lost = sorted(
            {str(r.attributes[field]) for r in lines if r.attributes.get(field) not in (None, "", *carried)}
        )
        if lost:
            shown = ", ".join(name[:40] for name in lost[:10])
            facts = {"parameter": "CHANNELS", "layer": self.inputs.title("CHANNELS")}
            self.inputs.warn([Problem("QL-STREAMS-NAMELOST", {**facts, "count": len(lost), "names": shown})])

    def _tell_changes(self, identities: list[Identity], vanished: list[Earlier]) -> None:
        found = Counter(str(identity.change) for identity in identities)
        same, new, split, gone = (*(f"{found[key]:,}" for key in (SAME, NEW, SPLIT)), f"{len(vanished):,}")
        told = {
            "en": f"PREVIOUS: {same} the same, {new} new, {split} split, {gone} vanished",
            "zh": f"PREVIOUS：相同 {same}、新增 {new}、拆分 {split}、消失 {gone}",
        }
        self.inputs.feedback.pushInfo(language.pick(told))

    def _chosen(self, network: _Network) -> np.ndarray:
        """Channels that come out: those with a part inside, and unless all are wanted the required ones."""
        chosen = _met(network)
        if not self.inputs.flag("INCLUDE_ALL"):
            chosen = chosen & network.streams.verdicts.required
        return np.flatnonzero(chosen)

    def _warn_of_nothing(self, network: _Network) -> None:
        """An empty result is never silent."""
        total = len(network.streams.channels)
        if not total:
            least = {"initiation": f"{network.streams.initiation_m2 / 1e6:.6f}"}
            self.inputs.warn([Problem("QL-STREAMS-NOCHANNEL", least)])
        elif not _met(network).any():
            facts = {"parameter": "BOUNDARY", "total": total}
            self.inputs.warn([Problem("QL-STREAMS-NOCHANNELINSIDE", facts)])

    # -- writing ---------------------------------------------------------------
    def _write_channels(
        self, algorithm: StreamSurvey, network: _Network, chosen: np.ndarray
    ) -> dict[str, Any]:
        more = [pair for name, pairs in BANK_FIELDS.items() if self.inputs.given(name) for pair in pairs]
        own = [(STATE, "text")] if network.tells_state else []
        columns = algorithm.columns("OUTPUT", *OUTPUT_FIELDS, *own, *more)
        self._tell_lengths(network, chosen)
        return {"OUTPUT": self._layer(algorithm, "OUTPUT", columns, list(self._rows(network, chosen)))}

    def _tell_lengths(self, network: _Network, chosen: np.ndarray) -> None:
        """Lengths are planar, so that they equal the geometry; the log has those on the ellipsoid."""
        channels = network.streams.channels
        ellipsoidal = ellipsoidal_length((channels.lines.line(i) for i in chosen.tolist()), self.target)
        planar = float(channels.length_m[chosen].sum())
        facts = {"planar": f"{planar:.3f}", "ellipsoidal": f"{ellipsoidal:.3f}"}
        self.inputs.feedback.pushInfo(Problem("QL-STREAMS-LENGTHS", facts).text())

    def _layer(self, algorithm: StreamSurvey, output: str, columns: list[Column], rows: Rows) -> str:
        line, polygon = QgsWkbTypes.Type.LineString, QgsWkbTypes.Type.MultiPolygon
        return write_layer(
            algorithm, self.inputs, output, columns, rows, self.target,
            kind=line if output == "OUTPUT" else polygon,
            style=algorithm.style("channels" if output == "OUTPUT" else "catchments"),
            progress=self.progress,
        )  # fmt: skip

    def _rows(self, network: _Network, chosen: np.ndarray) -> Iterator[tuple[Mapping[str, Any], bytes]]:
        for i in chosen.tolist():
            yield self._row(network, i), line_wkb(network.streams.channels.lines.line(i))
        for old in network.vanished:
            gone = {"channel_id": old.channel_id, "uuid": old.uuid, "name": old.name, "change": "vanished"}
            yield gone, line_wkb(old.xy)

    def _row(self, network: _Network, i: int) -> dict[str, Any]:
        channel = network.streams.channels.row(i)
        verdicts = network.streams.verdicts
        identity = network.identities[i]
        given = int(network.streams.given_line[i])
        line = network.lines[given].attributes if given >= 0 else {}
        parent = None if channel.parent is None else network.identities[channel.parent].channel_id
        inside = None if network.inside_m is None else round(float(network.inside_m[i]), 3)
        return {
            "channel_id": identity.channel_id,
            "uuid": identity.uuid,
            "change": identity.change,
            "parent_id": parent,
            "name": line.get(self.inputs.text("NAME_FIELD")) or identity.name,
            "code": line.get(self.inputs.text("CODE_FIELD")) or None,
            "strahler": channel.strahler,
            "hack": channel.hack,
            "length_m": round(channel.length_m, 3),
            "inside_m": inside,
            "area_km2": round(channel.area_m2) / 1e6,
            "gradient_permil": _rounded(channel.gradient_permil),
            "drop_permil": _rounded(channel.drop_permil),
            "head_m": round(channel.head_m, 3),
            "mouth_m": round(channel.mouth_m, 3),
            "distance_outlet_m": round(channel.distance_outlet_m, 3),
            "survey_required": bool(verdicts.required[i]),
            "survey_reason": verdicts.reason_of(i),
            "near_miss": bool(verdicts.near_miss[i]),
            "complete": channel.complete,
            "clause": "4.3.1",
            **({STATE: line.get(STATE)} if network.tells_state else {}),
            **{name: values[i] for name, values in network.banks.items()},
        }

    def _write_catchments(self, algorithm: StreamSurvey, network: _Network) -> str:
        columns = algorithm.columns("CATCHMENTS", ("channel_id", "integer"), ("own_area_km2", "number"))
        return self._layer(algorithm, "CATCHMENTS", columns, list(self._catchment_rows(network)))

    def _catchment_rows(self, network: _Network) -> Iterator[tuple[Mapping[str, Any], bytes]]:
        """One row a channel, and one without id for the cells that reach the edge in no channel."""
        channels, direction = network.streams.channels, network.streams.direction
        numbers = np.arange(1, len(channels) + 1, dtype=np.int32)
        labels = label_catchments(direction, (channels.mouth_cells(), numbers), self.progress)
        nowhere = len(channels) + 1
        labels[(labels == 0) & ~np.isnan(self.dem.values)] = nowhere
        moved = self.terrain.to_target
        for label, wkb in label_polygons(labels, self.dem.frame, self.progress):
            alone = label == nowhere
            area = channels.no_channel_m2 if alone else float(channels.own_area_m2[label - 1])
            number = None if alone else network.identities[label - 1].channel_id
            shape = QgsGeometry()
            shape.fromWkb(wkb)
            if not moved.identity:
                shape.transform(moved.qgis())
            yield {"channel_id": number, "own_area_km2": round(area) / 1e6}, bytes(shape.asWkb())

    def _write_accumulation(self, algorithm: StreamSurvey, drained: np.ndarray) -> str:
        path = algorithm.parameterAsOutputLayer(self.inputs.parameters, "ACCUMULATION", self.inputs.context)
        frame = self.dem.frame
        area = drained.astype(np.float64)
        if drained.dtype.kind != "f":
            area *= frame.dx * frame.dy
        area[np.isnan(self.dem.values)] = np.nan
        write_raster(path, area, frame, unit="m²", description="drained area", progress=self.progress)
        return str(path)

    def _numbers(self, network: _Network) -> dict[str, float | None]:
        channels, verdicts = network.streams.channels, network.streams.verdicts
        met = _met(network)
        required = met & verdicts.required
        if self.boundary is not None and network.inside_m is not None:
            length, area = float(network.inside_m.sum()), boundary_area(self.boundary, self.terrain)
        else:
            length, area = float(channels.length_m.sum()), channels.valid_m2
        return {
            "CHANNELS_TOTAL": int(met.sum()),
            "CHANNELS_REQUIRED": int(required.sum()),
            "CHANNELS_NEAR_MISS": int((met & verdicts.near_miss).sum()),
            "LENGTH_REQUIRED_M": round(float(channels.length_m[required].sum()), 3),
            "DRAINAGE_DENSITY": round(length / 1e3 / (area / 1e6), 6) if area else None,
        }


def _without_length(lines: list[Record], layer: str) -> list[Problem]:
    """Surveyed lines whose ends and corners are one point: no channel can follow them."""
    lost = [record.fid for record in lines if geometry_of(record.wkb or b"").length() == 0]
    facts = {"parameter": "CHANNELS", "layer": layer, "count": len(lost), "ids": id_list(lost)}
    return [Problem("QL-STREAMS-NOLENGTH", facts)] if lost else []


def _met(network: _Network) -> np.ndarray:
    """Channels with any part inside the boundary; all of them without one."""
    if network.inside_m is None:
        return np.ones(len(network.streams.channels), bool)
    return network.inside_m > 0


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)
