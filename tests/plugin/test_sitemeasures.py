"""``qingliu:sitemeasures``: parcels on planes of known slope, ranked, with the clause that makes or breaks each."""

from __future__ import annotations

import math
import sys
from pathlib import Path

import numpy as np
import pytest
from qgis.core import QgsProcessingException

sys.path.insert(0, str(Path(__file__).resolve().parent))
from land_files import polygons, raster, rows_of, square

sys.path.pop(0)

SLOPES = (4.0, 10.0, 27.0)


@pytest.fixture
def ground(tmp_path):
    """Three planes of 400 m side by side, rising to the north; a field of 1 hm² in the middle of each."""
    up = 10.0 * np.arange(39, -1, -1.0)[:, None]
    dem = np.concatenate(
        [np.repeat(100 + math.tan(math.radians(s)) * up, 40, axis=1) for s in SLOPES], axis=1
    )
    parcels = [(square(4 * n + 1.5, 1.5), {"uuid": f"p{n}", "landuse": "0103"}) for n in range(3)]
    zones = [(square(0, 0, 8, 4), {"zone": "regulation"}), (square(8, 0, 4, 4), {"zone": "protection"})]
    return {
        "DEM": raster(tmp_path / "dem.tif", dem.astype(np.float32)),
        "PARCELS": polygons(tmp_path / "parcels.gpkg", parcels, uuid=str, landuse=str),
        "ZONES": polygons(tmp_path / "zones.gpkg", zones, zone=str),
    }


def by_parcel(result, measure="terrace"):
    return {r["parcel"]: r for r in rows_of(result["OUTPUT"]) if r["measure"] == measure}


def test_the_steep_field_is_broken_by_its_clause_and_the_others_are_ranked(run, tmp_path, ground):
    result = run("qingliu:sitemeasures", {**ground, "MEASURES": ["terrace"], "TYPE": "green_industry",
                                          "OUTPUT": str(tmp_path / "c.gpkg")})  # fmt: skip
    rows = by_parcel(result)
    assert (rows["p2"]["verdict"], rows["p2"]["clause"], rows["p2"]["rank"]) == ("error", "6.2.2-1-2", None)
    assert sorted(rows[p]["rank"] for p in ("p0", "p1")) == [1, 2]
    assert {r["area_hm2"] for r in rows.values()} == {1.0}
    assert {r["mark"] for r in rows.values()} == {"major"}
    assert {p: r["zone"] for p, r in rows.items()} == {
        "p0": "regulation",
        "p1": "regulation",
        "p2": "protection",
    }
    assert rows["p0"]["own_zone"] and not rows["p2"]["own_zone"]
    assert (result["PARCEL_COUNT"], result["RANKED"], result["BROKEN"]) == (3, 2, 1)
    assert rows["p2"]["geometry"].area() == pytest.approx(10_000)


def test_forbidden_parcels_can_be_left_out(run, tmp_path, ground):
    result = run("qingliu:sitemeasures", {**ground, "MEASURES": ["terrace"], "INCLUDE_BROKEN": False,
                                          "OUTPUT": str(tmp_path / "c.gpkg")})  # fmt: skip
    assert set(by_parcel(result)) == {"p0", "p1"}


def test_steep_land_is_for_closure_forest_or_grass(run, tmp_path, ground):
    result = run("qingliu:sitemeasures", {**ground, "MEASURES": ["conservation_forest", "grass", "closure"],
                                          "OUTPUT": str(tmp_path / "c.gpkg")})  # fmt: skip
    for measure in ("conservation_forest", "grass", "closure"):
        steep = by_parcel(result, measure)["p2"]
        assert (steep["verdict"], steep["clause"], steep["rank"]) == ("pass", "6.2.2-1-2", 1), measure


def test_all_thirty_measures_are_judged_where_none_is_chosen(run, tmp_path, ground):
    result = run("qingliu:sitemeasures", {**ground, "OUTPUT": str(tmp_path / "c.gpkg")})
    rows = rows_of(result["OUTPUT"])
    from qingliu.core.standard import default_edition

    order = [m.key for m in default_edition().measures.values() if not m.placeholder]
    found = list(dict.fromkeys(r["measure"] for r in rows))
    assert found == [k for k in order if k in found]
    assert len(found) > 20
    assert all(r["rule_id"].startswith(f"{r['measure']}.") and r["clause"] for r in rows)


def test_two_runs_are_equal(run, tmp_path, ground):
    found = [
        rows_of(run("qingliu:sitemeasures", {**ground, "OUTPUT": str(tmp_path / f"c{n}.gpkg")})["OUTPUT"])
        for n in (1, 2)
    ]
    plain = [[{k: v for k, v in r.items() if k != "geometry"} for r in rows] for rows in found]
    assert plain[0] == plain[1]


def test_land_use_polygons_serve_as_parcels(run, tmp_path, ground):
    result = run("qingliu:sitemeasures", {"LANDUSE": ground["PARCELS"], "DEM": ground["DEM"], "MEASURES": ["terrace"],
                                          "OUTPUT": str(tmp_path / "c.gpkg")})  # fmt: skip
    assert by_parcel(result)["p2"]["verdict"] == "error"


def test_without_parcels_or_with_a_bad_layer_the_fault_has_its_code(run, tmp_path, ground, english):
    with pytest.raises(QgsProcessingException, match="QL-PLAN-NOPARCELS"):
        run("qingliu:sitemeasures", {"DEM": ground["DEM"], "OUTPUT": "memory:"})
    empty = polygons(tmp_path / "empty.gpkg", [], uuid=str)
    with pytest.raises(QgsProcessingException, match="QL-LAYER-NOFEATURES"):
        run("qingliu:sitemeasures", {"PARCELS": empty, "OUTPUT": "memory:"})


def test_with_a_layout_the_rules_about_neighbours_are_known(run, tmp_path, ground):
    """Drains belong beside terraces (6.2.2-5-2): the parcel with a terrace is supported, a far one is not."""
    layout = polygons(tmp_path / "l.gpkg", [(square(1.5, 1.5), {"measure": "terrace"})], measure=str)
    wanted = {**ground, "MEASURES": ["production_road"]}
    alone = by_parcel(
        run("qingliu:sitemeasures", {**wanted, "OUTPUT": str(tmp_path / "a.gpkg")}), "production_road"
    )
    found = by_parcel(run("qingliu:sitemeasures", {**wanted, "LAYOUT": [layout], "OUTPUT": str(tmp_path / "b.gpkg")}),
                      "production_road")  # fmt: skip
    assert "LAYOUT" in alone["p0"]["missing"]
    assert "LAYOUT" not in (found["p0"]["missing"] or "")
    assert found["p0"]["rank"] == 1
    assert found["p0"]["rank"] < found["p2"]["rank"]
