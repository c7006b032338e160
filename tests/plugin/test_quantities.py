"""``qingliu:quantities``: sums a person can add up, ties to the map, bad input in one list."""

from __future__ import annotations

import math
import sys
from pathlib import Path

import numpy as np
import pytest
from qgis.core import QgsGeometry, QgsProcessingException, QgsWkbTypes

sys.path.insert(0, str(Path(__file__).resolve().parent))
from land_files import X0, Y0, polygons, raster, rows_of, square

sys.path.pop(0)


def line(*corners):
    return "LINESTRING(" + ",".join(f"{X0 + 100 * c} {Y0 - 100 * r}" for c, r in corners) + ")"


def point(col, row):
    return f"POINT({X0 + 100 * col} {Y0 - 100 * row})"


@pytest.fixture
def ground(tmp_path):
    """Zones of 10 by 5 squares of 1 hm² each, above one another; two villages side by side over both."""
    zones = polygons(
        tmp_path / "zones.gpkg",
        [(square(0, 0, 10, 5), {"zone": "protection"}), (square(0, 5, 10, 5), {"zone": "regulation"})],
        zone=str,
    )
    admin = polygons(
        tmp_path / "admin.gpkg",
        [(square(0, 0, 5, 10), {"name": "东村"}), (square(5, 0, 5, 10), {"name": "西村"})],
        name=str,
    )
    return {"ZONES": zones, "ADMIN": admin}


def layout(tmp_path, rows, kind=QgsWkbTypes.MultiPolygon, name="layout", **kinds):
    fields = {"uuid": str, "measure": str, "status": str, **kinds}
    return polygons(tmp_path / f"{name}.gpkg", rows, kind=kind, **fields)


def by_place(result, *keys):
    return {
        tuple(r[k] for k in (keys or ("zone", "admin_village", "measure", "unit", "of"))): r
        for r in rows_of(result)
    }


def test_areas_are_cut_by_zones_and_villages_and_add_up(run, tmp_path, ground):
    made = layout(tmp_path, [(square(3, 3, 4, 4), {"uuid": "a", "measure": "terrace", "status": "planned"}),
                             (square(9, 9, 4, 1), {"uuid": "b", "measure": "terrace", "status": "built"})])  # fmt: skip
    result = run("qingliu:quantities", {"LAYOUT": [made], **ground, "OUTPUT": str(tmp_path / "q.gpkg")})
    rows = by_place(result["OUTPUT"], "zone", "admin_village")
    assert {k: r["quantity"] for k, r in rows.items()} == {
        ("protection", "东村"): 4.0, ("protection", "西村"): 4.0, ("regulation", "东村"): 4.0,
        ("regulation", "西村"): 5.0, ("outside", None): 3.0,
    }  # fmt: skip
    assert rows["regulation", "西村"]["built"] == 1.0 and rows["regulation", "西村"]["planned"] == 4.0
    assert {(r["measure"], r["unit"], r["of"]) for r in rows.values()} == {("terrace", "hm2", "area")}
    assert result["FEATURES"] == 2 and result["COST"] is None


def test_points_lines_and_areas_of_several_layers_have_their_own_units(run, tmp_path, ground):
    areas = layout(tmp_path, [(square(0, 5, 10, 1), {"measure": "filter_strip"})], name="areas")
    lines = layout(tmp_path, [(line((0, 0), (0, 10)), {"measure": "slope_water_system"}),
                              (line((2, 5), (4, 5)), {"measure": "生产道路"})],
                   QgsWkbTypes.MultiLineString, "lines")  # fmt: skip
    points = layout(tmp_path, [(point(1, 1), {"measure": "slope_water_system"}), (point(1, 9), {"measure": "15"}),
                               (point(2, 9), {"measure": "check_dam"})], QgsWkbTypes.Point, "points")  # fmt: skip
    result = run("qingliu:quantities", {"LAYOUT": [areas, lines, points], "ZONES": ground["ZONES"],
                                        "OUTPUT": str(tmp_path / "q.gpkg")})  # fmt: skip
    rows = by_place(result["OUTPUT"], "zone", "measure", "unit", "of")
    assert {k: r["quantity"] for k, r in rows.items()} == {
        ("protection", "production_road", "km", "length"): 0.2,
        ("protection", "slope_water_system", "m", "length"): 500.0,
        ("regulation", "slope_water_system", "m", "length"): 500.0,
        ("protection", "slope_water_system", "座", "count"): 1,
        ("regulation", "check_dam", "座", "count"): 2,
        ("regulation", "filter_strip", "m", "length"): 1000.0,
        ("regulation", "filter_strip", "m", "width"): 100.0,
    }


def test_rows_add_up_to_the_map_to_the_square_metre_and_millimetre(run, tmp_path, ground):
    """Forty crooked parcels over all borders: nothing lost, nothing twice."""
    rng = np.random.default_rng(7)
    rows, whole, lines, length = [], 0.0, [], 0.0
    for n in range(40):
        cx, cy = X0 + rng.uniform(-100, 1100), Y0 - rng.uniform(-100, 1100)
        angles = np.sort(rng.uniform(0, 2 * math.pi, 7))
        ring = [
            (cx + rng.uniform(20, 150) * math.cos(a), cy + rng.uniform(20, 150) * math.sin(a)) for a in angles
        ]
        wkt = "POLYGON((" + ",".join(f"{x} {y}" for x, y in [*ring, ring[0]]) + "))"
        shape = QgsGeometry.fromWkt(wkt).makeValid()
        whole += shape.area()
        rows.append((shape.asWkt(17), {"uuid": str(n), "measure": "terrace"}))
        wkt = "LINESTRING(" + ",".join(f"{x} {y}" for x, y in ring) + ")"
        length += QgsGeometry.fromWkt(wkt).length()
        lines.append((wkt, {"uuid": f"l{n}", "measure": "dredging"}))
    made = layout(tmp_path, rows)
    dredged = layout(tmp_path, lines, QgsWkbTypes.LineString, "lines")
    result = run(
        "qingliu:quantities", {"LAYOUT": [made, dredged], **ground, "OUTPUT": str(tmp_path / "q.gpkg")}
    )
    found = rows_of(result["OUTPUT"])
    area = math.fsum(r["quantity"] for r in found if r["measure"] == "terrace") * 1e4
    along = math.fsum(r["quantity"] for r in found if r["measure"] == "dredging")
    assert area == pytest.approx(whole, abs=0.51)
    assert along == pytest.approx(length, abs=6e-4)
    assert len(found) > 8


def test_areas_on_a_plane_of_60_degrees_are_twice_those_on_the_map(run, tmp_path, ground):
    rise = math.tan(math.radians(60)) * 10
    dem = raster(tmp_path / "dem.tif", (np.arange(120) * rise)[None, :].repeat(120, 0).astype(np.float32))
    made = layout(
        tmp_path, [(square(2, 6, 3, 2), {"measure": "terrace"}), (square(2, 3), {"measure": "terrace"})]
    )
    result = run("qingliu:quantities", {"LAYOUT": [made], "ZONES": ground["ZONES"], "DEM": dem, "TRUE_SURFACE": True,
                                        "OUTPUT": str(tmp_path / "q.gpkg")})  # fmt: skip
    rows = by_place(result["OUTPUT"], "zone")
    assert rows["regulation",]["quantity"] == pytest.approx(12.0, abs=2e-3)
    assert rows["regulation",]["planar"] == 6.0
    assert rows["protection",]["quantity"] == pytest.approx(2.0, abs=1e-3)


def test_prices_give_the_cost_and_its_funds(run, tmp_path, ground):
    made = layout(
        tmp_path, [(square(0, 5, 2, 1), {"measure": "terrace"}), (square(0, 8), {"measure": "grass"})]
    )
    prices = tmp_path / "prices.csv"
    prices.write_text(
        "measure,unit,price,fund\nterrace,hm2,20000,中央\nterrace,hm2,10000,地方\n", encoding="gb18030"
    )
    result = run("qingliu:quantities", {"LAYOUT": [made], "ZONES": ground["ZONES"], "PRICES": str(prices),
                                        "OUTPUT": str(tmp_path / "q.csv"),
                                        "FUNDS": str(tmp_path / "f.gpkg")})  # fmt: skip
    assert result["COST"] == 60_000
    assert [(r["fund"], r["cost"]) for r in rows_of(result["FUNDS"])] == [("中央", 40_000), ("地方", 20_000)]
    text = (tmp_path / "q.csv").read_bytes()
    assert text.startswith(b"\xef\xbb\xbfzone,zone_name,admin_village,measure,")


def test_the_table_of_plots_numbers_them_from_the_top_left_and_keeps_given_numbers(run, tmp_path, ground):
    made = layout(tmp_path, [(square(4, 8), {"uuid": "low", "measure": "terrace"}),
                             (square(6, 1), {"uuid": "west", "measure": "closure"}),
                             (square(3, 1), {"uuid": "top", "measure": "closure", "plot_no": 9})],
                  plot_no=int)  # fmt: skip
    result = run("qingliu:quantities", {"LAYOUT": [made], **ground, "OUTPUT": str(tmp_path / "q.gpkg"),
                                        "PLOTS": str(tmp_path / "p.gpkg")})  # fmt: skip
    plots = {
        r["measure_uuid"]: (r["admin_village"], r["plot_no"], r["area_mu"]) for r in rows_of(result["PLOTS"])
    }
    assert plots == {"top": ("东村", 9, 15.0), "low": ("东村", 10, 15.0), "west": ("西村", 1, 15.0)}


def test_the_table_of_plots_names_parcel_and_holders(run, tmp_path, ground):
    parcels = polygons(tmp_path / "parcels.gpkg", [(square(0, 0, 2, 1), {"uuid": "west"}),
                                                   (square(2, 0, 8, 1), {"uuid": "east"})], uuid=str)  # fmt: skip
    values = {"uuid": "a", "measure": "closure", "owner": "清源村", "manager": "李工"}
    made = layout(tmp_path, [(square(1, 0, 3, 1), values)], owner=str, manager=str)
    result = run("qingliu:quantities", {"LAYOUT": [made], **ground, "PARCELS": parcels,
                                        "PLOTS": str(tmp_path / "p.gpkg"),
                                        "PLOTS_PAGE": str(tmp_path / "plots.html"),
                                        "OUTPUT": str(tmp_path / "q.gpkg")})  # fmt: skip
    plot = rows_of(result["PLOTS"])[0]
    assert (plot["parcel"], plot["owner"], plot["user"], plot["manager"]) == ("east", "清源村", None, "李工")
    assert [(r["quantity"], r["features"]) for r in rows_of(result["OUTPUT"])] == [(3.0, 1)]
    page = Path(result["PLOTS_PAGE"]).read_text(encoding="utf-8")
    assert all(f"<td>{word}</td>" in page for word in ("清源村", "李工", "east"))
    assert page.count('<td class="n">3.0000</td><td class="n">45.000</td>') == 2  # the plot and the total
    assert [p.name for p in tmp_path.glob("*.part")] == []


def test_a_layout_in_degrees_is_measured_in_the_metric_zone(run, tmp_path, ground):
    wkt = QgsGeometry.fromWkt(square(2, 6, 3, 2))
    from qgis.core import QgsCoordinateReferenceSystem, QgsCoordinateTransform, QgsProject

    back = QgsCoordinateTransform(QgsCoordinateReferenceSystem("EPSG:4547"), QgsCoordinateReferenceSystem("EPSG:4490"),
                                  QgsProject.instance())  # fmt: skip
    wkt.transform(back)
    made = polygons(tmp_path / "deg.gpkg", [(wkt.asWkt(12), {"measure": "terrace"})], epsg=4490, measure=str)
    result = run(
        "qingliu:quantities", {"LAYOUT": [made], "ZONES": ground["ZONES"], "OUTPUT": str(tmp_path / "q.gpkg")}
    )
    assert [r["quantity"] for r in rows_of(result["OUTPUT"])] == [6.0]


def faults(run, parameters):
    with pytest.raises(QgsProcessingException) as caught:
        run("qingliu:quantities", {"OUTPUT": "memory:", **parameters})
    return str(caught.value)


def test_all_faults_come_in_one_list(run, tmp_path, ground, english):
    made = layout(tmp_path, [(square(0, 0), {"measure": "castle"}), (square(1, 0), {"measure": None})])
    prices = tmp_path / "prices.csv"
    prices.write_text("measure,unit,price,fund\nterrace,hm2,x,y\n", encoding="utf-8")
    text = faults(
        run, {"LAYOUT": [made], "ZONES": ground["ADMIN"], "PRICES": str(prices), "TRUE_SURFACE": True}
    )
    for code in ("QL-PLAN-PRICEVALUE", "QL-PLAN-NODEM"):
        assert code in text
    text = faults(run, {"LAYOUT": [made], "ZONES": ground["ADMIN"]})
    assert "QL-PLAN-NOMEASURE" in text and "castle, NULL" in text
    assert "QL-LAYER-NOFIELD" in text and "zone" in text


def test_a_layer_that_does_not_open_is_named(run, ground, tmp_path, english):
    text = faults(run, {"LAYOUT": [str(tmp_path / "none.gpkg")], "ZONES": ground["ZONES"]})
    assert "QL-LAYER-NOVECTOR" in text and "none.gpkg" in text


def test_a_layout_without_features_is_a_fault(run, ground, tmp_path, english):
    text = faults(run, {"LAYOUT": [layout(tmp_path, [])], "ZONES": ground["ZONES"]})
    assert text.startswith("QL-LAYER-NOFEATURES")


def test_a_price_file_that_is_not_there_is_named(run, ground, tmp_path, english):
    made = layout(tmp_path, [(square(0, 0), {"measure": "terrace"})])
    text = faults(run, {"LAYOUT": [made], "ZONES": ground["ZONES"], "PRICES": str(tmp_path / "no.csv")})
    assert "QL-PLAN-PRICEFILE" in text


def test_the_table_on_the_layout_figure_is_that_of_the_quantities(run, tmp_path, ground):
    """A road of 2 km is 2 km on the figure, greening is m², a strip metres along it: table B.1's own units."""
    from qgis.core import QgsCoordinateReferenceSystem, QgsVectorLayer
    from qingliu.core.standard import default_edition
    from qingliu.layouts.measures import quantities
    from qingliu.layouts.tables import measures_table

    areas = layout(
        tmp_path,
        [(square(3, 3, 4, 4), {"measure": "terrace", "status": "planned"}),
         (square(9, 9, 4, 1), {"measure": "terrace", "status": "built"}),
         (square(0, 9, 1, 1), {"measure": "village_greening", "status": "planned"}),
         (square(0, 0, 8, 1, 10.0), {"measure": "filter_strip", "status": "built"})],
    )  # fmt: skip
    lines = layout(
        tmp_path, [(line((0, 0), (0, 20)), {"measure": "生产道路", "status": "planned"})],
        QgsWkbTypes.MultiLineString, "lines",
    )  # fmt: skip
    points = layout(
        tmp_path,
        [(point(1, 9), {"measure": "15", "status": "built"}), (point(1, 8), {"measure": "check_dam"})],
        QgsWkbTypes.Point, "points",
    )  # fmt: skip
    result = run(
        "qingliu:quantities", {"LAYOUT": [areas, lines, points], **ground, "OUTPUT": str(tmp_path / "q.gpkg")}
    )
    sums: dict[tuple[str, str], list[float]] = {}
    for row in rows_of(result["OUTPUT"]):
        if row["of"] != "width":
            pair = sums.setdefault((row["measure"], row["unit"]), [0.0, 0.0])
            pair[0] += row["built"]
            pair[1] += row["planned"]
    sources = [QgsVectorLayer(p, "x", "ogr") for p in (areas, lines, points)]
    amounts = quantities(sources, default_edition(), QgsCoordinateReferenceSystem("EPSG:4547"))
    assert {(a.measure, a.unit): [a.built, a.planned] for a in amounts} == {
        key: pytest.approx(pair, abs=1e-6) for key, pair in sums.items()
    }
    printed = {
        (name, unit): (built, planned) for _, name, unit, built, planned in measures_table(amounts).rows
    }
    assert printed == {
        ("梯田", "hm²"): ("4.00", "16.00"),
        ("生产道路", "km"): ("–", "2.000"),
        ("谷坊", "座"): ("1", "1"),
        ("村庄绿化美化", "m²"): ("–", "10000"),
        ("生物过滤带", "m"): ("80", "–"),
    }


def keep_facts(path, facts):
    """Write facts into the table ``meta`` of a GeoPackage, as a survey keeps them."""
    from osgeo import ogr

    source = ogr.Open(str(path).split("|")[0], update=1)
    table = source.CreateLayer("meta", None, ogr.wkbNone)
    for name in ("key", "value"):
        table.CreateField(ogr.FieldDefn(name, ogr.OFTString))
    for key, value in facts.items():
        feature = ogr.Feature(table.GetLayerDefn())
        feature["key"], feature["value"] = key, value
        table.CreateFeature(feature)


def test_a_row_other_counts_in_the_unit_of_its_card_and_keeps_owner_and_plot_number(run, tmp_path, ground):
    """Two lines of 100 m under a row 其他: in km by the card, in the usual m without one."""
    rows = [(line((1, 6), (2, 6)), {"uuid": "a", "measure": "other_channel", "status": "planned"}),
            (line((1, 7), (2, 7)), {"uuid": "b", "measure": "other_channel", "status": "planned"})]  # fmt: skip
    made = layout(tmp_path, rows, QgsWkbTypes.Type.MultiLineString)
    card = '{"other_name": "栈道", "other_unit": "km", "other_clause": "6.3.3-2", "owner": "村集体"}'
    keep_facts(made, {"layout.card.a": card, "layout.plot": '{"a": "12", "#西村": "3", "#东村": "20"}'})
    result = run(
        "qingliu:quantities",
        {"LAYOUT": [f"{made}|layername=layout"], **ground, "OUTPUT": str(tmp_path / "q.gpkg"),
         "PLOTS": str(tmp_path / "p.gpkg")},
    )  # fmt: skip
    billed = by_place(result["OUTPUT"], "measure_name", "unit")
    assert billed["栈道", "km"]["quantity"] == pytest.approx(0.1)
    assert [r["quantity"] for key, r in billed.items() if key[1] == "m"] == [pytest.approx(100.0)]
    plots = by_place(result["PLOTS"], "measure_uuid")
    assert (plots["a",]["plot_no"], plots["a",]["owner"], plots["a",]["label"]) == (
        12,
        "村集体",
        "12/栈道/100m",
    )
    assert plots["b",]["plot_no"] == 21  # the next after the highest ever given in the village
