"""What the quick-add tools write into a survey."""

from __future__ import annotations


def test_a_pond_marked_after_a_deletion_gets_a_row_number_of_its_own(run, tmp_path):
    from qgis.core import QgsGeometry
    from qingliu.layers.fieldadd import Mark, add_mark, things
    from qingliu.layers.store import Delete, open_store
    from qingliu.layers.storecrs import crs_of

    made = run(
        "qingliu:createsurvey",
        {"DESTINATION": str(tmp_path / "s.gpkg"), "NAME": "x", "TYPE": "livable", "CRS": "EPSG:4547"},
    )
    pond = things()["pond"]
    table = str(pond.row["table"])
    with open_store(made["SURVEY"]) as store:
        for number in range(3):
            west = 464000 + 100 * number
            corners = f"{west} 3166000,{west + 50} 3166000,{west + 50} 3166050,{west} 3166050,{west} 3166000"
            add_mark(store, Mark(pond, QgsGeometry.fromWkt(f"POLYGON(({corners}))"), crs_of(store)))
            if number == 1:
                first = store.rows(table)[0]
                store.save([Delete(table, first.uuid, first.version)])
        assert [r.values["row_no"] for r in store.rows(table)] == [2, 3]
