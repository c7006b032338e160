"""A small survey with every kind of thing a package carries, and what a device does to a package."""

from __future__ import annotations

import sqlite3
from pathlib import Path

WKT = 'PROJCS["x",GEOGCS["y",DATUM["d",SPHEROID["s",6378137,298.257222101]],PRIMEM["g",0],UNIT["degree",0.0174532925]],'
WKT += 'PROJECTION["Transverse_Mercator"],PARAMETER["central_meridian",114],UNIT["metre",1]]'
X0, Y0 = 500_000.0, 3_000_000.0
SQUARE = f"POLYGON(({X0} {Y0},{X0 + 2000} {Y0},{X0 + 2000} {Y0 + 1000},{X0} {Y0 + 1000},{X0} {Y0}))"


def wkb(text):
    from qgis.core import QgsGeometry

    return bytes(QgsGeometry.fromWkt(text).asWkb())


def point(x, y):
    return wkb(f"POINT({X0 + x} {Y0 + y})")


def make_survey(folder: Path, name="survey.gpkg") -> Path:
    """Two villages with rows, a farm, a toilet, two photos and an evidence file beside the survey."""
    from qgis.core import QgsCoordinateReferenceSystem
    from qingliu.layers.store import Insert, NewSurvey, create_store
    from qingliu.layers.storecrs import srs_of

    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    srs = srs_of(QgsCoordinateReferenceSystem.fromEpsgId(4547))
    with create_store(path, NewSurvey("青柳沟", "411600001", "livable", srs), who="测试") as store:
        heads = {h.values["table"]: h for h in store.rows("sheet")}
        store.save([Insert("boundary", {"name": "青柳沟"}, wkb(SQUARE))], why="test")
        places = [Insert("villages", {"name": n}, point(x, 500)) for n, x in (("上店", 300), ("下店", 900))]
        upper, lower = (k.uuid for k in store.save(places, why="test").rows)
        rows = [
            Insert("a7", {"sheet_uuid": heads["a7"].uuid, "row_no": i, "natural_village": n, "households": h,
                          "villages_uuid": u, "new_energy_type": ["沼气", "太阳能"]})
            for i, (n, h, u) in enumerate((("上店", 36, upper), ("下店", 12, lower)), 1)
        ]  # fmt: skip
        rows.append(
            Insert("pollution_sources", {"name": "猪场", "kind": "farm", "scale_farm": True}, point(500, 200))
        )
        rows.append(Insert("toilets", {"kind": "public"}, point(600, 500)))
        saved = store.save(rows, why="test").rows
        (folder / "photos").mkdir(exist_ok=True)
        (folder / "evidence").mkdir(exist_ok=True)
        (folder / "photos" / "a7_1.jpg").write_bytes(b"first")
        (folder / "photos" / "村口 照片.jpg").write_bytes(b"second")
        (folder / "evidence" / "03.txt").write_bytes(b"proof")
        store.save(
            [
                Insert("photos", {"path": "photos/a7_1.jpg", "table_name": "a7", "row_uuid": saved[0].uuid}),
                Insert(
                    "photos", {"path": "photos/村口 照片.jpg", "table_name": "a7", "row_uuid": saved[1].uuid}
                ),
                Insert(
                    "indicator_input",
                    {"number": 3, "key": "judgement", "value": 1.0, "evidence": "evidence/03.txt"},
                ),
            ],
            why="test",
        )
    return path


def surveyors(path, names):
    """Put surveyors into headers: table -> name."""
    from qingliu.layers.store import Update, open_store

    with open_store(path) as store:
        heads = {h.values["table"]: h for h in store.rows("sheet")}
        store.save(
            [Update("sheet", heads[t].uuid, heads[t].version, {"surveyor": n}) for t, n in names.items()]
        )


def rows(path, table):
    """Rows of a survey by uuid, as (values, wkb)."""
    from qingliu.layers.store import open_store

    with open_store(path, read_only=True) as store:
        return {r.uuid: r for r in store.rows(table)}


def row_named(path, table, field, value):
    return next(r for r in rows(path, table).values() if r.values[field] == value)


def change_here(path, table, field, value, **values):
    """What somebody in the office does: change the row in which ``field`` is ``value``."""
    from qingliu.layers.store import Update, open_store

    with open_store(path, who="办公室") as store:
        row = store.rows(table, where={field: value})[0]
        store.save([Update(table, row.uuid, row.version, values)], why="test")
    return row.uuid


def delete_here(path, table, field, value):
    from qingliu.layers.store import Delete, open_store

    with open_store(path, who="办公室") as store:
        row = store.rows(table, where={field: value})[0]
        store.save([Delete(table, row.uuid, row.version)], why="test")
    return row.uuid


def gpkg_of(folder: Path) -> Path:
    (found,) = folder.glob("*.gpkg")
    return found


def project_of(folder: Path) -> Path:
    (found,) = folder.glob("*.qgz")
    return found


def device(folder: Path, sql: str, *values):
    """Plain SQL on a package's GeoPackage, as a field app writes attributes."""
    from qingliu.layers.store.geometry import register_functions

    connection = sqlite3.connect(gpkg_of(folder))
    try:
        register_functions(connection)
        done = connection.execute(sql, values).rowcount
        connection.commit()
    finally:
        connection.close()
    return done


class Device:
    """A package opened as a field app opens it: its project, its forms' defaults, QGIS's edit buffers."""

    def __init__(self, folder: Path) -> None:
        from qgis.core import QgsProject

        self.folder = folder
        self.project = QgsProject.instance()  # where expressions look for layers
        if not self.project.read(str(project_of(folder))):
            raise RuntimeError(self.project.error())

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.project.clear()

    def layer(self, table):
        return next(
            x for x in self.project.mapLayers().values() if f"layername={table}" in x.source().split("|")
        )

    def feature(self, table, field, value):
        return next(f for f in self.layer(table).getFeatures() if f[field] == value)

    def change(self, table, field, value, **values):
        layer, feature = self.layer(table), self.feature(table, field, value)
        layer.startEditing()
        for name, new in values.items():
            feature[name] = new
        layer.updateFeature(feature)  # defaults on update, as a form does
        self._commit(layer)
        return feature["uuid"]

    def add(self, table, geometry=None, **values):
        from qgis.core import QgsGeometry, QgsVectorLayerUtils

        layer = self.layer(table)
        layer.startEditing()
        shape = QgsGeometry.fromWkt(geometry) if geometry else QgsGeometry()
        feature = QgsVectorLayerUtils.createFeature(layer, shape)
        for name, value in values.items():
            feature[name] = value
        layer.addFeature(feature)
        self._commit(layer)
        return feature["uuid"]

    def delete(self, table, field, value):
        layer, feature = self.layer(table), self.feature(table, field, value)
        layer.startEditing()
        layer.deleteFeature(feature.id())
        self._commit(layer)
        return feature["uuid"]

    @staticmethod
    def _commit(layer):
        if not layer.commitChanges():
            raise RuntimeError("; ".join(layer.commitErrors()))
