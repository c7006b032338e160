"""QGIS's edit buffers through the store: one action, nothing lost when refused."""

from __future__ import annotations

import struct

import pytest
from qgis.core import QgsFeature, QgsGeometry, QgsProject, QgsVectorLayer, QgsVectorLayerUtils


def point(x, y):
    return struct.pack("<BIdd", 1, 1, x, y)


@pytest.fixture
def store(qgis_app, tmp_path):
    from qgis.core import QgsCoordinateReferenceSystem
    from qingliu.layers.store import Insert, NewSurvey, create_store
    from qingliu.layers.storecrs import srs_of

    srs = srs_of(QgsCoordinateReferenceSystem("EPSG:4547"))
    made = create_store(tmp_path / "survey.gpkg", NewSurvey("青柳沟", "1", "livable", srs), who="张三")
    made.save(
        [Insert("villages", {"name": n}, point(i, i)) for i, n in enumerate(("上店", "下店", "北沟"))]
        + [Insert("a7", {"natural_village": "上店", "households": 30})]
    )
    yield made
    made.close()


@pytest.fixture
def layers(store):
    from qingliu.layers.surveyproject import open_layer

    found = {t: open_layer(store.path, t) for t in ("villages", "a7", "parcels", "measures")}
    assert all(x.isValid() for x in found.values())
    yield found
    for layer in found.values():
        if layer.isEditable():
            layer.rollBack()
    found.clear()


@pytest.fixture
def session(store, layers, tmp_path):
    from qingliu.layers.store import Drafts
    from qingliu.layers.store.editing import EditSession

    made = EditSession(store, Drafts(tmp_path / "drafts"))
    list(map(made.watch, layers.values()))  # no variable that would keep a layer alive
    yield made
    made.close()


def named(layer, name):
    (found,) = [
        f for f in layer.getFeatures() if name in (f["name"] if "name" in layer.fields().names() else "",)
    ]
    return found


def change(layer, feature, field, value):
    assert layer.changeAttributeValue(feature.id(), layer.fields().indexOf(field), value)


def new_feature(layer, wkt=None, **values):
    feature = QgsVectorLayerUtils.createFeature(layer)
    for name, value in values.items():
        feature.setAttribute(name, value)
    if wkt:
        feature.setGeometry(QgsGeometry.fromWkt(wkt))
    assert layer.addFeature(feature)
    return feature


def left_drafts(session):
    return session.drafts.left(session.store.meta()["store_id"])


def test_edits_of_several_layers_become_one_action(store, layers, session):
    villages, a7 = layers["villages"], layers["a7"]
    for layer in layers.values():
        assert layer.startEditing()
    change(villages, named(villages, "上店"), "name", "上店村")
    assert villages.changeGeometry(named(villages, "下店").id(), QgsGeometry.fromWkt("Point (50 60)"))
    assert villages.deleteFeature(named(villages, "北沟").id())
    row = next(a7.getFeatures())
    change(a7, row, "households", 31)
    new_feature(a7, natural_village="下店")
    new_feature(layers["parcels"], "Polygon ((0 0, 10 0, 10 10, 0 0))", landuse="0101")
    before = store.sequence()
    saved = session.save(why="核实")
    entries = store.changes_since(before)
    assert len(entries) == 6 and {e.save_id for e in entries} == {saved.save_id}
    assert [e.action for e in entries] == ["delete", "update", "update", "update", "insert", "insert"]
    assert {r.values["name"] for r in store.rows("villages")} == {"上店村", "下店"}
    assert store.rows("villages", where={"name": "下店"})[0].wkb == point(50, 60)
    assert not any(layers[t].isEditable() for t in ("villages", "a7", "parcels"))
    assert {f["name"] for f in villages.getFeatures()} == {"上店村", "下店"}  # the layer shows the file
    assert villages.featureCount() == 2 and layers["parcels"].featureCount() == 1
    assert left_drafts(session) == []


def test_nothing_to_save_saves_nothing(store, layers, session):
    before = store.sequence()
    layers["a7"].startEditing()
    assert session.save() is None and store.sequence() == before


def test_editing_can_go_on_after_a_save(store, layers, session):
    villages = layers["villages"]
    villages.startEditing()
    for number in range(3):
        (feature,) = [f for f in villages.getFeatures() if f["name"].startswith("上店")]
        change(villages, feature, "name", f"上店{number}")
        session.save(keep_editing=True)
        assert villages.isEditable() and not villages.isModified()
    (row,) = [r for r in store.rows("villages") if r.values["name"].startswith("上店")]
    assert row.values["name"] == "上店2" and row.version == 4


def test_a_stale_edit_is_refused_with_both_values_and_the_buffer_stands(store, layers, session):
    from qingliu.layers.store import StaleSave, Update

    a7 = layers["a7"]
    a7.startEditing()
    change(a7, next(a7.getFeatures()), "households", 40)
    (row,) = store.rows("a7")
    store.save([Update("a7", row.uuid, row.version, {"households": 35})], who="李四")
    with pytest.raises(StaleSave) as told:
        session.save()
    (conflict,) = told.value.conflicts
    assert (conflict.ours["households"], conflict.theirs["households"]) == (40, 35)
    assert a7.isEditable() and a7.isModified()
    assert next(a7.getFeatures())["households"] == 40
    assert [d.changes[0].values for d in left_drafts(session)] == [{"households": 40}]


def test_a_row_deleted_by_another_is_told_not_lost_silently(store, layers, session):
    from qingliu.layers.store import Delete, StaleSave

    a7 = layers["a7"]
    a7.startEditing()
    change(a7, next(a7.getFeatures()), "households", 40)
    (row,) = store.rows("a7")
    store.save([Delete("a7", row.uuid, row.version)], who="李四")
    with pytest.raises(StaleSave) as told:
        session.save()
    assert told.value.code == "QL-STORE-GONE"


def test_a_save_against_a_lock_keeps_everything_and_works_later(store, layers, session):
    from qingliu.core.errors import QingliuError
    from qingliu.layers.store import open_store

    other = open_store(store.path, who="李四")
    villages = layers["villages"]
    villages.startEditing()
    new_feature(villages, "Point (7 7)", name="新村")
    other.connection.execute("BEGIN IMMEDIATE")
    store.wait_s = 0.3
    with pytest.raises(QingliuError, match="QL-STORE-BUSY"):
        session.save()
    assert villages.isModified() and len(left_drafts(session)) == 1
    other.connection.execute("ROLLBACK")
    other.close()
    session.save()
    assert store.rows("villages", where={"name": "新村"}) and left_drafts(session) == []


def test_a_save_in_doubt_that_did_reach_the_disk_is_not_made_twice(store, layers, session):
    villages = layers["villages"]
    villages.startEditing()
    new_feature(villages, "Point (7 7)", name="新村")
    draft = session.keep_draft()
    store.save(draft.changes, save_id=draft.id)  # landed, but the answer never came
    session.save()
    assert len(store.rows("villages", where={"name": "新村"})) == 1 and not villages.isEditable()


def test_drafts_left_by_a_crash_can_be_saved(store, layers, session):
    villages = layers["villages"]
    villages.startEditing()
    new_feature(villages, "Point (7 7)", name="新村")
    session.keep_draft("入户")
    new_feature(villages, "Point (8 8)", name="又一村")
    session.keep_draft("入户")
    (draft,) = left_drafts(session)  # the later one; from here on as after a crash
    assert not store.holds(draft.id)
    store.save(draft.changes, save_id=draft.id, why=draft.why)
    assert store.rows("villages", where={"name": "新村"})[0].wkb == point(7, 7)
    assert store.rows("villages", where={"name": "又一村"})[0].wkb == point(8, 8)


def test_edits_that_are_given_up_leave_no_draft(store, layers, session):
    villages = layers["villages"]
    villages.startEditing()
    new_feature(villages, "Point (7 7)", name="新村")
    session.keep_draft()
    session.discard()
    assert left_drafts(session) == [] and not villages.isEditable() and store.count("villages") == 3


def test_a_save_by_qgis_itself_is_noticed_at_once_and_conflicts_are_seen(store, layers, session):
    from qingliu.layers.store import StaleSave, Update

    told = []
    session.outside = told.extend
    a7 = layers["a7"]
    (row,) = store.rows("a7")
    a7.startEditing()
    change(a7, next(a7.getFeatures()), "households", 77)
    assert a7.commitChanges()
    assert [(p.code, p.facts["table"], p.facts["how"]) for p in told] == [
        ("QL-STORE-OUTSIDE", "a7", "changed")
    ]
    assert store.changes_since(0)[-1].action == "outside"
    with pytest.raises(StaleSave):
        store.save([Update("a7", row.uuid, row.version, {"households": 31})])


def test_mixed_geometries_of_measures_are_kept(store, layers, session):
    from qingliu.layers.surveyproject import open_layer

    shapes = {
        "Point": "Point (1 2)",
        "LineString": "LineString (0 0, 5 5)",
        "Polygon": "Polygon ((0 0,4 0,0 4,0 0))",
    }
    for shape, wkt in shapes.items():
        layer = open_layer(store.path, "measures", shape=shape)
        session.watch(layer)
        layer.startEditing()
        new_feature(layer, wkt, measure="terrace")
        session.save()
        assert layer.featureCount() == 1, shape
    assert store.count("measures") == 3


def test_heights_curves_and_empty_geometries_end_here(qgis_app):
    from qingliu.layers.store.editing import flat_wkb

    assert flat_wkb(QgsGeometry.fromWkt("PointZM (1 2 3 4)")) == point(1, 2)
    assert flat_wkb(QgsGeometry()) is None
    arc = flat_wkb(QgsGeometry.fromWkt("CircularString (0 0, 1 1, 2 0)"))
    assert struct.unpack_from("<I", arc, 1) == (2,) and struct.unpack_from("<I", arc, 5)[0] > 10


def test_new_fields_are_refused(layers, session):
    from qgis.core import QgsField
    from qgis.PyQt.QtCore import QVariant
    from qingliu.core.errors import InputError

    a7 = layers["a7"]
    a7.startEditing()
    assert a7.addAttribute(QgsField("extra", QVariant.Int))
    with pytest.raises(InputError, match="QL-STORE-FIELDS"):
        session.save()


def test_layers_that_are_not_of_this_survey_are_told_apart(store, session, tmp_path):
    from qingliu.core.errors import InputError
    from qingliu.layers.store.editing import table_of

    memory = QgsVectorLayer("Point?crs=EPSG:4547", "m", "memory")
    assert table_of(memory, store) is None
    with pytest.raises(InputError, match="QL-STORE-NOTABLE"):
        session.watch(memory)


def test_own_writes_are_refused_while_qgis_has_unsaved_edits(store, layers):
    from qingliu.core.errors import InputError
    from qingliu.layers.store.editing import refuse_while_editing

    refuse_while_editing(layers.values())
    layers["a7"].startEditing()
    refuse_while_editing(layers.values())
    new_feature(layers["a7"], natural_village="x")
    with pytest.raises(InputError, match="QL-STORE-EDITING"):
        refuse_while_editing(layers.values())


def test_layers_of_the_project_are_found_and_forgotten_with_it(store, tmp_path, qgis_new_project):
    from qingliu.layers.store import Drafts
    from qingliu.layers.store.editing import EditSession, layers_of
    from qingliu.layers.surveyproject import open_layer

    project = QgsProject.instance()
    project.addMapLayers([open_layer(store.path, "a7"), open_layer(store.path, "villages")])
    project.addMapLayer(QgsVectorLayer("Point", "m", "memory"))
    session = EditSession(store, Drafts(tmp_path / "d"))
    for layer in layers_of(project, store):
        session.watch(layer)
    assert len(session.layers()) == 2
    project.clear()
    assert session.layers() == []
    session.close()


def test_after_layers_and_store_are_gone_the_file_is_at_rest(store, layers, session):
    layers["a7"].startEditing()
    new_feature(layers["a7"], natural_village="x")
    session.save()
    session.close()
    layers.clear()
    assert store.close()
    assert store.path.read_bytes()[18:20] == b"\x01\x01"
    assert not [p for p in store.path.parent.iterdir() if p.name.endswith(("-wal", "-shm"))]


def test_feature_ids_of_unsaved_rows_do_not_matter(store, layers, session):
    parcels = layers["parcels"]
    parcels.startEditing()
    made = [new_feature(parcels, f"Polygon (({i} 0,{i + 1} 0,{i} 1,{i} 0))", name=str(i)) for i in range(25)]
    assert isinstance(made[0], QgsFeature)
    session.save()
    assert sorted(int(r.values["name"]) for r in store.rows("parcels")) == list(range(25))
    assert len({r.uuid for r in store.rows("parcels")}) == 25


def test_a_layer_that_was_open_before_the_store_shows_its_rows_once_it_is_watched(store, tmp_path):
    from qingliu.layers.store import Drafts, open_store
    from qingliu.layers.store.editing import EditSession
    from qingliu.layers.surveyproject import open_layer

    path = store.path
    assert store.close()
    layer = open_layer(path, "villages")
    assert layer.featureCount() == 3
    with open_store(path) as again:
        session = EditSession(again, Drafts(tmp_path / "d"))
        session.watch(layer)
        assert sum(1 for _ in layer.getFeatures()) == 3
        session.close()
        del layer


def test_notes_of_sessions_that_were_killed_are_cleared(store):
    import json
    import socket

    dead = store.path.with_name(f".~{store.path.name}.{socket.gethostname()}.1-1.user")
    dead.write_text(json.dumps({"who": "李四", "host": socket.gethostname(), "pid": 2**22 + 1}))
    assert store.users() == [] and not dead.exists()
    dead.write_text(json.dumps({"who": "李四", "host": "other-machine", "pid": 1}))
    assert store.users() == ["李四@other-machine"]


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        ("boolean", "true", True),
        ("boolean", "false", False),
        ("boolean", "vielleicht", "vielleicht"),
        ("integer", "3", 3),
        ("integer", "3.7", "3.7"),
        ("number", "3.7", 3.7),
        ("number", "3,7", "3,7"),
        ("number", " ", None),
        ("text", "3", "3"),
    ],
)
def test_entries_of_widgets_become_values_without_guessing(qgis_app, kind, value, expected):
    from qingliu.layers.store.editing import entry

    assert entry(kind, value) == expected and type(entry(kind, value)) is type(expected)
