"""Write resources/models/main_job.model3: the spine of the main job for QGIS's model builder.

    tools/make_model.py [FILE]

DEM, outlet and land use in; boundary, channels, erosion and zones out. The file is kept in the repository,
so that users need no script; run this again when an algorithm it uses gets other parameters.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from demo import ROOT, load_package

MODEL = ROOT / "resources" / "models" / "main_job.model3"
INPUTS = ("DEM", "OUTLET", "LANDUSE", "LANDUSE_FIELD", "COVER", "VILLAGES", "ROADS", "WATERBODIES")
# child id, algorithm, {parameter: model input, or (child, output)}, model output of OUTPUT
CHILDREN = (
    ("delineate", "delineatewatershed", {"DEM": "DEM", "OUTLET": "OUTLET"}, "boundary 小流域边界"),
    (
        "streams",
        "streamsurvey",
        {"DEM": "DEM", "BOUNDARY": ("delineate", "OUTPUT"), "WATERBODIES": "WATERBODIES"},
        "channels 沟道",
    ),
    (
        "erosion",
        "erosionintensity",
        {
            "BOUNDARY": ("delineate", "OUTPUT"),
            "DEM": "DEM",
            "LANDUSE": "LANDUSE",
            "LANDUSE_FIELD": "LANDUSE_FIELD",
            "COVER": "COVER",
            "CHANNELS": ("streams", "OUTPUT"),
        },
        "erosion 土壤侵蚀",
    ),
    (
        "zones",
        "zoning",
        {
            "BOUNDARY": ("delineate", "OUTPUT"),
            "DEM": "DEM",
            "LANDUSE": "LANDUSE",
            "LANDUSE_FIELD": "LANDUSE_FIELD",
            "CHANNELS": ("streams", "OUTPUT"),
            "EROSION": ("erosion", "OUTPUT"),
            "VILLAGES": "VILLAGES",
            "ROADS": "ROADS",
            "WATERBODIES": "WATERBODIES",
        },
        "zones 三区",
    ),
)


def definitions() -> list:
    """The model's inputs, as QGIS wants them."""
    from qgis.core import (
        QgsProcessing,
        QgsProcessingParameterFeatureSource,
        QgsProcessingParameterField,
        QgsProcessingParameterPoint,
        QgsProcessingParameterRasterLayer,
    )

    kinds = QgsProcessing.SourceType
    vector = QgsProcessingParameterFeatureSource
    return [
        QgsProcessingParameterRasterLayer("DEM", "DEM 高程"),
        QgsProcessingParameterPoint("OUTLET", "Outlet 出口"),
        vector("LANDUSE", "Land use 土地利用", [kinds.TypeVectorPolygon]),
        QgsProcessingParameterField("LANDUSE_FIELD", "Land-use field 地类字段", None, "LANDUSE"),
        QgsProcessingParameterRasterLayer("COVER", "Vegetation cover 植被盖度", optional=True),
        vector("VILLAGES", "Villages 村庄", [kinds.TypeVectorAnyGeometry], optional=True),
        vector("ROADS", "Roads 道路", [kinds.TypeVectorLine], optional=True),
        vector("WATERBODIES", "Water bodies 水体", [kinds.TypeVectorPolygon], optional=True),
    ]


def write(path: Path) -> None:
    """Build the model and save it."""
    from qgis.core import (
        QgsProcessingModelAlgorithm,
        QgsProcessingModelChildAlgorithm,
        QgsProcessingModelChildParameterSource,
        QgsProcessingModelOutput,
        QgsProcessingModelParameter,
    )
    from qgis.PyQt.QtCore import QPointF

    model = QgsProcessingModelAlgorithm("清流 main job 主线", "清流 Qingliu")
    for number, definition in enumerate(definitions()):
        component = QgsProcessingModelParameter(definition.name())
        component.setPosition(QPointF(140 + 220 * (number % 4), 60 + 70 * (number // 4)))
        model.addModelParameter(definition, component)
    source = QgsProcessingModelChildParameterSource
    for number, (key, algorithm, parameters, shown) in enumerate(CHILDREN):
        child = QgsProcessingModelChildAlgorithm(f"qingliu:{algorithm}")
        child.setChildId(key)
        child.setDescription(key)
        child.setPosition(QPointF(140 + 240 * number, 260 + 90 * (number % 2)))
        for name, origin in parameters.items():
            given = (
                source.fromModelParameter(origin)
                if isinstance(origin, str)
                else source.fromChildOutput(*origin)
            )
            child.addParameterSources(name, [given])
        output = QgsProcessingModelOutput(shown, shown)
        output.setChildId(key)
        output.setChildOutputName("OUTPUT")
        output.setPosition(QPointF(260 + 240 * number, 420 + 60 * (number % 2)))
        child.setModelOutputs({shown: output})
        model.addChildAlgorithm(child)
    if not model.toFile(str(path)):
        sys.exit(f"{path} could not be written")


def main() -> None:
    """Start QGIS with the provider, then write."""
    from qgis.core import QgsApplication

    application = QgsApplication([], False)
    application.initQgis()
    load_package()
    from qingliu.processing.provider import QingliuProvider

    QgsApplication.processingRegistry().addProvider(QingliuProvider())
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else MODEL
    path.parent.mkdir(parents=True, exist_ok=True)
    write(path)
    print(path.name)
    sys.stdout.flush()
    os._exit(0)  # QGIS is not taken down in order outside its own main


if __name__ == "__main__":
    main()
