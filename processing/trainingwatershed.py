"""qingliu:trainingwatershed: a made-up watershed to practise on, with its answer key."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from qgis.core import (
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingOutputFile,
    QgsProcessingParameterFolderDestination,
    QgsProcessingParameterNumber,
)

from ..core.errors import InputError
from ..core.practice import faults, fields, ground, package, scene
from ..layers import practice
from ..layers.practice_survey import write_survey
from .algorithm import QingliuAlgorithm
from .feedback import StageProgress

STAGES = (
    ("practice_ground", 6.0),
    ("practice_people", 4.0),
    ("practice_outlines", 2.0),
    ("practice_layers", 2.0),
    ("practice_write", 3.0),
)


class TrainingWatershed(QingliuAlgorithm):
    """Seed and area to a case folder."""

    ID = "trainingwatershed"

    def define(self) -> None:
        number = QgsProcessingParameterNumber.Type
        self.add(
            QgsProcessingParameterNumber(
                "SEED", self.label("SEED"), number.Integer, 1, minValue=0, maxValue=2**31 - 1
            )
        )
        self.add(
            QgsProcessingParameterNumber(
                "AREA_KM2", self.label("AREA_KM2"), number.Double, 12.0, minValue=5, maxValue=50
            )
        )
        self.add(QgsProcessingParameterFolderDestination("OUTPUT_FOLDER", self.label("OUTPUT_FOLDER")))
        for key in ("DEM", "LANDUSE", "COUNTY", "CASE", "ANSWERS", "SURVEY", "EXERCISE"):
            self.addOutput(QgsProcessingOutputFile(key, self.label(key)))

    def work(
        self, parameters: dict[str, Any], context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> dict[str, Any]:
        seed = self.parameterAsInt(parameters, "SEED", context)
        area = self.parameterAsDouble(parameters, "AREA_KM2", context)
        if not 5 <= area <= 50:
            raise InputError("QL-PRACTICE-AREA", area=area)
        folder = Path(self.parameterAsString(parameters, "OUTPUT_FOLDER", context))
        practice.prepare_folder(folder)
        progress = StageProgress(feedback, STAGES)
        content = package.content(scene.make(seed, area, progress), progress)
        progress.stage("practice_write", len(content.layers))
        whole = False
        try:
            found = write(content, folder, progress)
            whole = True
        finally:
            if not whole:
                practice.empty_folder(folder)
        return found


def write(content: package.Content, folder: Path, progress: StageProgress) -> dict[str, Any]:
    """The content's files in ``folder``; the algorithm's outputs."""
    w = content.watershed
    files = {
        "DEM": "dem.tif",
        "LANDUSE": "landuse.gpkg",
        "COUNTY": "county.yaml",
        "CASE": "case.yaml",
        "ANSWERS": "answers.json",
        "SURVEY": "survey.gpkg",
        "EXERCISE": "exercise.gpkg",
    }
    paths = {key: folder / name for key, name in files.items()}
    where = (w.ground.x0, w.ground.y0, ground.CELL)
    practice.write_raster(paths["DEM"], w.ground.z, *where)
    practice.write_raster(folder / "cover.tif", fields.cover(w), *where, nodata=fields.NODATA)
    practice.write_raster(folder / "soil_depth.tif", fields.soil_depth(w), *where, nodata=fields.NODATA)
    rulers = content.block
    practice.write_raster(folder / package.BLOCK_FILE, rulers.z, rulers.x0, rulers.y0, ground.CELL)
    tilted = content.planes
    practice.write_raster(folder / package.PLANES_FILE, tilted.z, tilted.x0, tilted.y0, ground.CELL)
    practice.write_texts(folder, content.texts)
    progress.step(0.4)
    practice.write_layers(paths["LANDUSE"], content.layers)
    practice.write_yaml(paths["COUNTY"], content.county)
    practice.write_yaml(paths["CASE"], content.case)
    practice.write_json(paths["ANSWERS"], content.answers)
    progress.step(0.6)
    write_survey(paths["SURVEY"], content, content.tables)
    progress.step(0.8)
    faulty, _ = faults.plant(content.tables, [fault.key for fault in faults.FAULTS])
    write_survey(paths["EXERCISE"], content, faulty)
    return {"OUTPUT_FOLDER": str(folder), **{key: str(path) for key, path in paths.items()}}
