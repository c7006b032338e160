"""``qingliu:changematrix``: what became of each erosion class or land use between two dates (较之前)."""

from __future__ import annotations

import math
from functools import partial
from typing import Any, Mapping, Sequence

from qgis.core import (
    QgsProcessing,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingOutputNumber,
    QgsProcessingParameterEnum,
    QgsProcessingParameterFeatureSink,
    QgsProcessingParameterFeatureSource,
    QgsProcessingParameterField,
    QgsProcessingParameterFile,
    QgsProcessingParameterMapLayer,
)

from ..core import language
from ..core.areas import Part
from ..core.change import ChangeMatrix, change_of_parts, grade_change
from ..core.erosion.scale import M2_PER_HM2, IntensityScale
from ..core.erosion.tables import intensity_scale
from ..core.landuse import class_name, forest_grass
from ..core.standard import default_edition
from ..layers.planar import QgisPlanar
from .algorithm import QingliuAlgorithm
from .erosioninput import read_erosion
from .extent import Extent, read_extent
from .feedback import StageProgress
from .inputs import Inputs
from .landscapescopes import read_land
from .results import write_table

EROSION, LANDUSE = "erosion", "landuse"
DATES = ("BEFORE", "AFTER")

STAGES = (
    ("read_features", 0.5), ("read_raster", 1.0), ("cell_polygons", 1.0), ("areas_read", 1.0),
    ("change", 4.0), ("write_features", 0.5),
)  # fmt: skip

FIELDS = (
    ("before", "text"), ("before_name", "text"), ("after", "text"), ("after_name", "text"),
    ("area_hm2", "number"), ("step", "integer"),
)  # fmt: skip

NUMBERS = (
    "UNCHANGED_HM2", "UNCOMPARED_HM2", "DOWN_HM2", "UP_HM2", "ERODED_CHANGE_HM2", "FOREST_GRASS_CHANGE_HM2",
)  # fmt: skip


class ChangeOfLand(QingliuAlgorithm):
    """See ``resources/help/changematrix.yaml``."""

    ID = "changematrix"

    def define(self) -> None:
        """Two dates of one kind of layer."""
        polygon = QgsProcessing.SourceType.TypeVectorPolygon
        self.add(QgsProcessingParameterFeatureSource("BOUNDARY", self.label("BOUNDARY"), [polygon]))
        kind = QgsProcessingParameterEnum("KIND", self.label("KIND"), [EROSION, LANDUSE], False, EROSION)
        kind.setUsesStaticStrings(True)
        self.add(kind)
        for name in DATES:
            types = [polygon, QgsProcessing.SourceType.TypeRaster]
            self.add(QgsProcessingParameterMapLayer(name, self.label(name), types=types))
            key = f"{name}_FIELD"
            self.add(QgsProcessingParameterField(key, self.label(key), None, name, optional=True))
        behaviour = QgsProcessingParameterFile.Behavior.File
        for name, suffix, advanced in (("LANDUSE_MAP", "csv", False), ("COUNTY", "yaml", True)):
            file = QgsProcessingParameterFile(name, self.label(name), behaviour, suffix, optional=True)
            self.add(file, advanced=advanced)
        table = QgsProcessing.SourceType.TypeVector
        self.add(QgsProcessingParameterFeatureSink("OUTPUT", self.label("OUTPUT"), table))
        for name in NUMBERS:
            self.addOutput(QgsProcessingOutputNumber(name, self.label(name)))

    def work(
        self, parameters: dict[str, Any], context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> dict[str, Any]:
        """Read both dates, overlay them exactly, write the matrix."""
        inputs = Inputs(self, parameters, context, feedback)
        progress = StageProgress(feedback, STAGES)
        inputs.county()
        extent = read_extent(inputs, progress)
        scale, kind = intensity_scale(default_edition()), inputs.choice("KIND")
        read = [inputs.attempt(partial(_parts, inputs, extent, progress, kind, name)) for name in DATES]
        inputs.settle()
        before, after = (parts or [] for parts in read)
        matrix = change_of_parts(before, after, extent.zone, QgisPlanar(), progress)
        inputs.warn(matrix.warnings())
        rows = _rows(matrix, scale if kind == EROSION else None)
        columns = self.columns("OUTPUT", *FIELDS)
        destination = write_table(self, inputs, "OUTPUT", columns, rows, progress)
        return {"OUTPUT": destination, **_numbers(matrix, scale if kind == EROSION else None)}


def _parts(inputs: Inputs, extent: Extent, progress: StageProgress, kind: str, name: str) -> list[Part]:
    """The polygons of one date that have a class; land without one is not compared."""
    if kind == LANDUSE:
        found: Sequence[Part] = read_land(inputs, extent, progress, name=name).parts
        return [p for p in found if p.code]
    read = read_erosion(inputs, extent, name, intensity_scale(default_edition()), progress)
    return [p for p in read.parts if p.code]


def _rows(matrix: ChangeMatrix, scale: IntensityScale | None) -> list[Mapping[str, Any]]:
    """A row for every pair of classes that share land; ``scale`` where the classes are grades."""
    rows: list[Mapping[str, Any]] = []
    for i, before in enumerate(matrix.before):
        for j, after in enumerate(matrix.after):
            area = float(matrix.area[i, j])
            if area <= 0:
                continue
            row = {"before": before, "before_name": _name(before, scale), "after": after}
            row["after_name"] = _name(after, scale)
            step = int(after) - int(before) if scale is not None else None
            rows.append({**row, "area_hm2": round(area / M2_PER_HM2, 4), "step": step})
    return rows


def _name(code: str, scale: IntensityScale | None) -> str:
    if scale is None:
        return class_name(code, language.current())
    return next(c.zh for c in scale.classes if str(c.code) == code)


def _numbers(matrix: ChangeMatrix, scale: IntensityScale | None) -> dict[str, float | None]:
    """Sums in hm²; those of the other kind of layer are None."""
    found: dict[str, float | None] = dict.fromkeys(NUMBERS)
    found["UNCHANGED_HM2"], found["UNCOMPARED_HM2"] = matrix.unchanged, matrix.uncompared
    if scale is not None:
        moved = grade_change(matrix, scale.eroded_from)
        found["DOWN_HM2"], found["UP_HM2"] = moved.down, moved.up
        found["ERODED_CHANGE_HM2"] = moved.over_change
    else:
        green = [
            math.fsum(area for code, area in sums.items() if forest_grass(code))
            for sums in (matrix.of_before(), matrix.of_after())
        ]
        found["FOREST_GRASS_CHANGE_HM2"] = green[1] - green[0]
    return {name: None if area is None else round(area / M2_PER_HM2, 4) for name, area in found.items()}
