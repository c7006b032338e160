"""``qingliu:shorelineratio`` as its users run it: files in, a table out."""

from __future__ import annotations

import pytest
from qgis.core import QgsFeature, QgsGeometry, QgsProcessingException, QgsVectorFileWriter, QgsVectorLayer

pytest.importorskip("shapely")

CRS = "EPSG:4547"
EAST, NORTH = 500_000.0, 3_300_000.0
ROW = [
    "scope", "river", "side", "natural_m", "ecological_m", "hard_m", "unclassified_m", "all_m", "treated_m",
    "treated_natural_m", "treated_ecological_m", "treated_hard_m", "treated_unclassified_m", "ratio_pct",
    "low_pct", "high_pct", "ratio_all_pct", "ratio_printed_pct", "error", "threshold_pct", "verdict", "clause",
]  # fmt: skip


def wkt(points):
    inner = ", ".join(f"{EAST + x} {NORTH + y}" for x, y in points)
    return f"LineString ({inner})"


def layer(tmp_path, name, fields, rows, kind="LineString"):
    made = QgsVectorLayer(f"{kind}?crs={CRS}&{fields}", name, "memory")
    features = []
    for values, shape in rows:
        feature = QgsFeature(made.fields())
        feature.setAttributes(list(values))
        feature.setGeometry(QgsGeometry.fromWkt(shape))
        features.append(feature)
    made.dataProvider().addFeatures(features)
    path = tmp_path / f"{name}.gpkg"
    options = QgsVectorFileWriter.SaveVectorOptions()
    QgsVectorFileWriter.writeAsVectorFormatV3(made, str(path), made.transformContext(), options)
    return str(path)


def rows_of(path):
    found = QgsVectorLayer(path, "rows", "ogr")
    assert found.isValid()
    names = found.fields().names()
    return [
        {n: (None if f[n] is None or str(f[n]) == "NULL" else f[n]) for n in names}
        for f in found.getFeatures()
    ]


BANK_FIELDS = "field=river:string&field=side:string&field=bank_type:string"
BANKS = [
    (("云溪", "left", "自然"), wkt([(0, 5), (300, 5)])),
    (("云溪", "left", "人工生态"), wkt([(300, 5), (500, 5)])),
    (("云溪", "right", "硬质"), wkt([(0, -5), (400, -5)])),
    (("云溪", "right", None), wkt([(400, -5), (500, -5)])),
    (("石溪", "left", "自然"), wkt([(0, 905), (100, 905)])),
    (("石溪", "right", "硬质（已柔化美化）"), wkt([(0, 895), (100, 895)])),
]


@pytest.fixture
def banks(tmp_path):
    return layer(tmp_path, "banks", BANK_FIELDS, BANKS)


@pytest.fixture
def treated(tmp_path):
    return layer(tmp_path, "treated", "field=river:string", [(("云溪",), wkt([(0, 0), (500, 0)]))])


def ratio(run, tmp_path, **more):
    result = run("qingliu:shorelineratio", {"OUTPUT": str(tmp_path / "out.gpkg"), **more})
    return result, {r["river"] or r["scope"]: r for r in rows_of(result["OUTPUT"])}


def test_rows_per_river_and_in_total_with_the_numbers_of_a_hand_worked_example(run, tmp_path, banks, treated):
    result, rows = ratio(run, tmp_path, BANKS=banks, TREATED=treated, GROUP_FIELD="river", TYPE="livable")
    assert list(rows) == ["云溪", "石溪", "total"]
    assert list(rows_of(result["OUTPUT"])[0])[1:] == ROW
    river, brook, total = rows["云溪"], rows["石溪"], rows["total"]
    assert (river["natural_m"], river["ecological_m"], river["hard_m"], river["unclassified_m"]) == (
        300,
        200,
        400,
        100,
    )
    assert (river["ratio_pct"], river["low_pct"], river["high_pct"], river["verdict"]) == (50, 50, 60, "pass")
    assert (brook["treated_m"], brook["verdict"], brook["ratio_all_pct"]) == (0, "not_applicable", 100)
    assert (total["natural_m"], total["ecological_m"], total["treated_m"]) == (400, 300, 1000)
    assert total["ratio_printed_pct"] == 70 and total["error"] is None
    assert total["ratio_all_pct"] == pytest.approx(700 / 1200 * 100)
    assert result["RATIO"] == 50


@pytest.mark.parametrize(
    ("kind", "limit", "verdict"),
    [("water_source", 70, "fail"), ("eco_tourism", 60, "unproven"), ("livable", 50, "pass")],
)
def test_verdict_follows_the_limit_of_the_type(run, tmp_path, banks, treated, kind, limit, verdict):
    _, rows = ratio(run, tmp_path, BANKS=banks, TREATED=treated, GROUP_FIELD="river", TYPE=kind)
    assert (rows["total"]["threshold_pct"], rows["total"]["verdict"]) == (limit, verdict)


def test_over_one_hundred_as_printed_is_an_error_that_loses_no_other_number(run, tmp_path, banks):
    short = layer(tmp_path, "short", "field=river:string", [((None,), wkt([(0, 0), (200, 0)]))])
    out, findings = str(tmp_path / "o.gpkg"), str(tmp_path / "f.gpkg")
    result = run(
        "qingliu:shorelineratio", {"BANKS": banks, "TREATED": short, "OUTPUT": out, "FINDINGS": findings}
    )
    (total,) = rows_of(result["OUTPUT"])
    assert total["treated_m"] == 400
    assert total["ratio_printed_pct"] == 175 and total["error"] == "QL-C8-OVER100"
    assert total["ratio_pct"] == 50 and result["RATIO"] == 50
    found = [r for r in rows_of(findings) if r["code"] == "QL-C8-OVER100"]
    assert [r["severity"] for r in found] == ["error"]
    assert "175.000" in found[0]["message"]


def test_without_treated_reaches_the_ratio_is_that_of_all_and_the_verdict_unproven(run, tmp_path, banks):
    result, rows = ratio(run, tmp_path, BANKS=banks, TYPE="livable")
    assert result["RATIO"] == pytest.approx(700 / 1200 * 100)
    total = rows["total"]
    assert (total["treated_m"], total["ratio_pct"], total["verdict"]) == (None, None, "unproven")


def test_banks_are_generated_from_channels_and_start_unclassified(run, tmp_path):
    channels = layer(tmp_path, "channels", "field=name:string&field=width_m:double", [
        (("云溪", 6.0), wkt([(0, 0), (200, 0)])),
        (("石溪", None), wkt([(100, 80), (100, 0)])),
    ])  # fmt: skip
    lines = str(tmp_path / "lines.gpkg")
    result = run(
        "qingliu:shorelineratio",
        {"CHANNELS": channels, "GROUP_FIELD": "name", "WIDTH": 2, "TREATED": channels, "TYPE": "livable",
         "OUTPUT": str(tmp_path / "o.gpkg"), "LINES": lines},
    )  # fmt: skip
    rows = {r["river"]: r for r in rows_of(result["OUTPUT"])}
    assert rows["云溪"]["unclassified_m"] == pytest.approx(398, abs=0.05)
    assert rows["石溪"]["unclassified_m"] == pytest.approx(154, abs=0.05)
    assert rows[None]["verdict"] == "unproven" and result["RATIO"] == 0
    assert {(r["side"], r["bank_class"], bool(r["generated"])) for r in rows_of(lines)} == {
        ("left", "unclassified", True),
        ("right", "unclassified", True),
    }


def test_sides_told_by_channels_keep_the_two_banks_of_a_ditch_apart(run, tmp_path):
    ditch = layer(tmp_path, "ditch", "field=bank_type:string", [
        (("自然",), wkt([(0, 0.5), (100, 0.5)])),
        (("硬质",), wkt([(100, -0.5), (0, -0.5)])),
        (("硬质",), wkt([(0, -0.7), (100, -0.7)])),
    ])  # fmt: skip
    course = layer(tmp_path, "course", "field=name:string", [(("x",), wkt([(0, 0), (100, 0)]))])
    findings = str(tmp_path / "f.gpkg")
    _, rows = ratio(run, tmp_path, BANKS=ditch, CHANNELS=course, DUPLICATE_TOLERANCE=1.5, FINDINGS=findings)
    assert (rows["total"]["natural_m"], rows["total"]["hard_m"]) == (100, 100)
    assert [r["code"] for r in rows_of(findings)] == ["QL-BANK-DUPLICATE"]


def test_per_bank_rows_add_up_to_their_river(run, tmp_path, banks, treated):
    sides = str(tmp_path / "sides.gpkg")
    _, rows = ratio(
        run, tmp_path, BANKS=banks, TREATED=treated, SIDE_FIELD="side", GROUP_FIELD="river", SIDES=sides
    )
    found = [r for r in rows_of(sides) if r["river"] == "云溪"]
    assert [r["side"] for r in found] == ["left", "right"]
    assert sum(r["all_m"] for r in found) == rows["云溪"]["all_m"]


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        ({}, "QL-BANK-NOTHING"),
        ({"BANKS": "banks", "BANK_FIELD": "nothing"}, "QL-LAYER-NOFIELD"),
        ({"BANKS": "treated"}, "QL-BANK-CLASSFIELD"),
        ({"BANKS": "banks", "HARD_VALUES": "自然"}, "QL-BANK-TWICE"),
    ],
    ids=lambda v: v if isinstance(v, str) else "",
)
def test_bad_input_is_refused_by_code(run, tmp_path, banks, treated, parameters, code):
    files = {"banks": banks, "treated": treated}
    given = {k: files.get(v, v) for k, v in parameters.items()}
    with pytest.raises(QgsProcessingException, match=code):
        run("qingliu:shorelineratio", {**given, "OUTPUT": str(tmp_path / "o.gpkg")})


def test_many_faults_of_a_kind_are_named_ten_times_and_counted(provider, tmp_path, english):
    from qgis import processing
    from qgis.core import QgsProcessingFeedback

    class Log(QgsProcessingFeedback):
        def __init__(self):
            super().__init__()
            self.warnings = []

        def pushWarning(self, text):
            self.warnings.append(text)

    rows = [(("A", "left", "自然"), wkt([(n * 50, 0), (n * 50 + 20, 0)])) for n in range(15)]
    twice = layer(tmp_path, "twice", BANK_FIELDS, [*rows, *rows])
    log, findings = Log(), str(tmp_path / "f.gpkg")
    given = {"BANKS": twice, "SIDE_FIELD": "side", "OUTPUT": str(tmp_path / "o.gpkg"), "FINDINGS": findings}
    processing.run("qingliu:shorelineratio", given, feedback=log)
    assert sum("QL-BANK-DUPLICATE" in w and "QL-BANK-MORE" not in w for w in log.warnings) == 10
    assert "QL-BANK-DUPLICATE: 5 more" in next(w for w in log.warnings if "QL-BANK-MORE" in w)
    assert len(rows_of(findings)) == 15


@pytest.mark.slow
def test_practice_watershed_equals_its_answer_key(run, tmp_path):
    import json

    folder = tmp_path / "practice"
    run("qingliu:trainingwatershed", {"SEED": 1, "AREA_KM2": 8, "OUTPUT_FOLDER": str(folder)})
    key = {a["id"]: a for a in json.loads((folder / "answers.json").read_text("utf-8"))["answers"]}
    survey = folder / "survey.gpkg"
    given = {
        "BANKS": f"{survey}|layername=banks",
        "TREATED": f"{survey}|layername=reaches",
        "SIDE_FIELD": "side",
    }
    result, rows = ratio(run, tmp_path, **given, GROUP_FIELD="river", TYPE="eco_tourism")
    answer = key["C.8"]
    assert result["RATIO"] == pytest.approx(answer["value"], abs=answer["tolerance"])
    names = {"自然": "natural", "人工生态": "ecological", "硬质": "hard"}
    for zh, kind in names.items():
        for id, field in ((f"banks.treated.{zh}", f"treated_{kind}_m"), (f"banks.all.{zh}", f"{kind}_m")):
            if id in key:
                assert rows["total"][field] == pytest.approx(key[id]["value"], abs=key[id]["tolerance"]), id
