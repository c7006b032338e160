"""A survey of many villages for the bench of the survey dock. ``survey_data.py FILE.gpkg ROWS``

Villages, parcels and a channel on a square ground; every village has its rows in A.7 and A.8, filled with the
examples that the empty fields show.
"""

from __future__ import annotations

import os
import struct
import sys
from pathlib import Path
from typing import Any, List, Mapping

sys.path.insert(0, str(Path(__file__).resolve().parent))

from package import register

EAST, NORTH, STEP = 500_000.0, 3_000_000.0, 60.0
TABLES = ("a7", "a8")


def main(path: Path, rows: int) -> None:
    """Make the survey."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from qgis.core import QgsApplication

    application = QgsApplication([], False)
    application.initQgis()
    register()
    _make(path)
    _fill(path, rows)
    sys.stdout.flush()
    os._exit(0)  # QGIS's own end is not what is measured


def _make(path: Path) -> None:
    from qgis.core import QgsCoordinateReferenceSystem
    from qingliu.layers.store import NewSurvey, create_store
    from qingliu.layers.storecrs import srs_of
    from qingliu.layers.surveyproject import Surveyed, write_project

    crs = QgsCoordinateReferenceSystem("EPSG:4547")
    with create_store(path, NewSurvey("Bench", "", "livable", srs_of(crs), crs=crs.authid())) as store:
        survey = Surveyed(path, store.meta()["store_id"], "Bench")
    write_project(path.with_suffix(".qgz"), survey, crs)


def _fill(path: Path, rows: int) -> None:
    from qingliu.core.standard import default_edition
    from qingliu.layers.store import Insert, open_store

    edition = default_edition()
    tables = {t.name: t for t in edition.tables.values()}
    side = STEP * (int(rows**0.5) + 1)
    with open_store(path, who="bench", daily_backup=False) as store:
        sheets = {str(r.values["table"]): r.uuid for r in store.rows("sheet")}
        changes: List[Any] = [Insert("boundary", {"name": "Bench"}, square(EAST, NORTH, side))]
        for n in range(rows):
            x, y = EAST + STEP * (n % int(side / STEP)), NORTH + STEP * (n // int(side / STEP))
            changes.append(Insert("villages", {"name": f"村{n}"}, point(x + STEP / 2, y + STEP / 2), f"v{n}"))
            changes.append(
                Insert("parcels", {"name": f"地块{n}", "landuse": "0101"}, square(x, y, STEP), f"p{n}")
            )
            for name in TABLES:
                own = {"row_no": n + 1, "natural_village": f"村{n}", "sheet_uuid": sheets[name]}
                values = {**_examples(tables[name]), **own, "villages_uuid": f"v{n}"}
                changes.append(Insert(name, values, uuid=f"{name}-{n}"))
        store.save(changes)


def _examples(table: Any) -> Mapping[str, Any]:
    from qingliu.ui.survey_examples import example

    return {c.key: example(table.name, c.key) for c in table.columns if c.key != "row_no"}


def point(x: float, y: float) -> bytes:
    """A point as WKB."""
    return struct.pack("<BIdd", 1, 1, x, y)


def square(x: float, y: float, side: float) -> bytes:
    """A square as WKB of a multipolygon."""
    ring = [(x, y), (x + side, y), (x + side, y + side), (x, y + side), (x, y)]
    flat = [v for corner in ring for v in corner]
    return struct.pack("<BII", 1, 6, 1) + struct.pack("<BIII10d", 1, 3, 1, 5, *flat)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
