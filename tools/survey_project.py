"""Write the QGIS project of a survey beside it: ``survey_project.py SURVEY.gpkg``."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from demo import load_package


def main(survey: Path) -> None:
    """survey.qgz beside survey.gpkg; an older one gives way."""
    from qgis.core import QgsApplication

    application = QgsApplication([], False)
    application.initQgis()
    load_package()
    from qingliu.layers.store import open_store
    from qingliu.layers.surveyproject import Surveyed, open_layer, write_project

    with open_store(survey, read_only=True) as store:
        meta = store.meta()
    target = survey.with_suffix(".qgz")
    target.unlink(missing_ok=True)
    shown = Surveyed(survey, meta["store_id"], meta.get("name", survey.stem))
    write_project(target, shown, open_layer(survey, "boundary").crs())
    sys.stdout.flush()
    os._exit(0)  # QGIS is not taken down in order outside its own main


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
