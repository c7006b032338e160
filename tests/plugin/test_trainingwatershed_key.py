"""The answer key against Qingliu's own algorithms: they agree, and a planted error makes them disagree."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from osgeo import gdal, ogr


@pytest.fixture(scope="module")
def folder(provider, tmp_path_factory) -> Path:
    from qgis import processing

    target = tmp_path_factory.mktemp("key") / "case"
    processing.run("qingliu:trainingwatershed", {"SEED": 7, "AREA_KM2": 5, "OUTPUT_FOLDER": str(target)})
    return target


@pytest.fixture(scope="module")
def key(folder) -> dict:
    return json.loads((folder / "answers.json").read_text(encoding="utf-8"))


def _rows(path: Path, name: str | None = None) -> list[dict]:
    dataset = gdal.OpenEx(str(path), gdal.OF_VECTOR)
    found = []
    for feature in dataset.GetLayerByName(name) if name else dataset.GetLayer(0):
        row = dict(feature.items())
        if feature.GetGeometryRef() is None:
            found.append(row)
            continue
        shape = feature.GetGeometryRef().Clone()
        single = shape.GetGeometryName().startswith("MULTI") and shape.GetGeometryCount() == 1
        row["geometry"] = shape.GetGeometryRef(0).Clone() if single else shape
        found.append(row)
    return found


def _disagreements(channels: list[dict], rows: list[dict]) -> list[str]:
    """What differs between the key's channels and a stream survey, matched by their heads."""
    by_head = {}
    for row in rows:
        x, y = row["geometry"].GetPoint_2D(0)
        by_head[(round(x, 2), round(y, 2))] = row
    found = [] if len(rows) == len(channels) else [f"{len(rows)} channels instead of {len(channels)}"]
    for channel in channels:
        row = by_head.get(tuple(channel["head"]))
        if row is None:
            found.append(f"no channel begins at {channel['head']}")
            continue
        same = (
            abs(row["length_m"] - channel["length_m"]) <= 0.002
            and abs(row["area_km2"] - channel["area_km2"]) <= 1e-6
            and bool(row["survey_required"]) == channel["survey_required"]
            and row["survey_reason"] == channel["survey_reason"]
            and bool(row["near_miss"]) == channel["near_miss"]
        )
        if not same:
            found.append(f"channel {channel['number']}")
    return found


def _survey(run, folder: Path, target: Path, **changes) -> tuple[list[dict], dict]:
    out = target / "streams.gpkg"
    parameters = {
        "DEM": str(folder / "dem.tif"),
        "BOUNDARY": f"{folder / 'landuse.gpkg'}|layername=boundary",
        "INCLUDE_ALL": True,
        "OUTPUT": str(out),
    }
    numbers = run("qingliu:streamsurvey", {**parameters, **changes})
    return _rows(out), numbers


def test_delineation_from_the_click_gives_the_planted_watershed_cell_for_cell(run, folder, key, tmp_path):
    case = yaml.safe_load((folder / "case.yaml").read_text(encoding="utf-8"))
    out = tmp_path / "boundary.gpkg"
    run(
        "qingliu:delineatewatershed",
        {"DEM": str(folder / "dem.tif"), "OUTLET": case["parameters"]["OUTLET"], "OUTPUT": str(out)},
    )
    values = {a["id"]: a["value"] for a in key["answers"]}
    [found] = _rows(out)
    assert found["area_km2"] == values["watershed.area_km2"]
    assert found["snapped_m"] == pytest.approx(values["watershed.snapped_m"], abs=1e-3)
    assert bool(found["complete"]) is True
    [planted] = _rows(folder / "landuse.gpkg", "boundary")
    assert found["geometry"].SymmetricDifference(planted["geometry"]).GetArea() == 0.0


def test_stream_survey_finds_every_channel_of_the_key_with_its_verdict(run, folder, key, tmp_path):
    rows, numbers = _survey(run, folder, tmp_path)
    assert _disagreements(key["channels"], rows) == []
    values = {a["id"]: a["value"] for a in key["answers"]}
    assert numbers["CHANNELS_TOTAL"] == values["channels.total"]
    assert numbers["CHANNELS_REQUIRED"] == values["channels.required"]
    assert numbers["CHANNELS_NEAR_MISS"] == values["channels.near_miss"]
    assert numbers["LENGTH_REQUIRED_M"] == pytest.approx(values["channels.length_required_m"], abs=0.05)


def _block_disagreements(key: dict, rows: list[dict]) -> list[str]:
    found = []
    for answer in key["threshold_block"]["channels"]:
        x, y = answer["mouth"]
        side = -1 if answer["key"].startswith("area") else 1
        match = [r for r in rows if _ends_at(r["geometry"], x, y) and side * (r["geometry"].GetX(0) - x) > 0]
        fields = ("length_m", "area_km2", "survey_reason", "near_miss")
        if (
            len(match) != 1
            or any(match[0][f] != answer[f] for f in fields)
            or bool(match[0]["near_miss"]) != answer["near_miss"]
        ):
            found.append(answer["key"])
    return found


def _ends_at(line: ogr.Geometry, x: float, y: float) -> bool:
    end = line.GetPoint_2D(line.GetPointCount() - 1)
    return abs(end[0] - x) < 0.01 and abs(end[1] - y) < 0.01


def _block(run, folder: Path, tmp_path: Path, **changes) -> list[dict]:
    dem = {"DEM": str(folder / "thresholds.tif"), "BOUNDARY": None}
    return _survey(run, folder, tmp_path, **dem, **changes)[0]


def test_stream_survey_gives_the_verdicts_worked_out_by_hand_on_the_block(run, folder, key, tmp_path):
    assert _block_disagreements(key, _block(run, folder, tmp_path)) == []


@pytest.mark.parametrize(
    ("changes", "betrayed"),
    [
        pytest.param({"MIN_LENGTH": 299.9}, "length_300", id="length compared with a limit a little too low"),
        pytest.param({"MIN_AREA": 0.09999}, "area_0.100", id="area compared as if not strict"),
        pytest.param({"MIN_AREA": 0.1001}, "area_0.100025", id="area limit one cell too high"),
    ],
)
def test_a_planted_error_in_the_verdict_makes_the_key_disagree(run, folder, key, tmp_path, changes, betrayed):
    assert betrayed in _block_disagreements(key, _block(run, folder, tmp_path, **changes))


def test_a_drained_area_that_forgets_one_cell_makes_the_key_disagree(run, folder, key, tmp_path):
    rows, _ = _survey(run, folder, tmp_path)
    for row in rows:
        row["area_km2"] = round(row["area_km2"] - 25e-6, 6)
    assert len(_disagreements(key["channels"], rows)) == len(key["channels"])


@pytest.fixture(scope="module")
def values(key) -> dict:
    return {a["id"]: a["value"] for a in key["answers"]}


def _source(folder: Path, layer: str) -> str:
    return f"{folder / 'landuse.gpkg'}|layername={layer}"


def test_erosion_intensity_gives_the_planted_conservation_rate(run, folder, values, tmp_path):
    found = run(
        "qingliu:erosionintensity",
        {
            "BOUNDARY": _source(folder, "boundary"),
            "OFFICIAL": _source(folder, "erosion"),
            "OFFICIAL_FIELD": "class",
            "GULLIES": _source(folder, "gullies"),
            "OUTPUT": str(tmp_path / "erosion.gpkg"),
            "TABLE": str(tmp_path / "a3.gpkg"),
        },
    )
    assert found["CONSERVATION_RATE"] == pytest.approx(values["C.1"], abs=1e-6)


def test_landscape_indicators_give_the_planted_shares(run, folder, values, tmp_path):
    found = run(
        "qingliu:landscapeindicators",
        {
            "BOUNDARY": _source(folder, "boundary"),
            "LANDUSE": _source(folder, "landuse"),
            "LANDUSE_FIELD": "landuse",
            "EROSION": _source(folder, "erosion"),
            "EROSION_FIELD": "class",
            "GREEN": _source(folder, "green_space"),
            "BUILT": _source(folder, "built_land"),
            "OUTPUT": str(tmp_path / "landscape.gpkg"),
        },
    )
    assert found["CONSERVATION_RATE"] == pytest.approx(values["C.1"], abs=1e-6)
    assert found["FOREST_GRASS_COVER"] == pytest.approx(values["C.2"], abs=1e-6)
    assert found["VILLAGE_GREEN_RATE"] == pytest.approx(values["C.7"], abs=1e-6)


def test_shoreline_ratio_gives_the_planted_share_on_the_treated_reach(run, folder, values, tmp_path):
    found = run(
        "qingliu:shorelineratio",
        {
            "BANKS": _source(folder, "banks"),
            "BANK_FIELD": "bank_type",
            "SIDE_FIELD": "side",
            "GROUP_FIELD": "river",
            "TREATED": _source(folder, "reaches"),
            "TYPE": "leisure",
            "OUTPUT": str(tmp_path / "shore.gpkg"),
        },
    )
    assert found["RATIO"] == pytest.approx(values["C.8"], abs=1e-5)


def test_zones_add_up_to_the_planted_watershed(run, folder, values, tmp_path):
    layers = {
        "BOUNDARY": "boundary",
        "LANDUSE": "landuse",
        "CHANNELS": "channels",
        "WATERBODIES": "waterbodies",
        "VILLAGES": "villages",
        "ROADS": "roads",
        "EROSION": "erosion",
    }
    found = run(
        "qingliu:zoning",
        {
            **{role: _source(folder, layer) for role, layer in layers.items()},
            "LANDUSE_FIELD": "landuse",
            "EROSION_FIELD": "class",
            "DEM": str(folder / "dem.tif"),
            "OUTPUT": str(tmp_path / "zones.gpkg"),
        },
    )
    total = sum(found[f"AREA_{zone}"] for zone in ("PROTECTION", "REGULATION", "CHANNEL"))
    assert total == pytest.approx(values["watershed.area_km2"] * 100, abs=2e-4)


def test_the_layout_comes_to_the_quantities_and_costs_of_the_key(run, folder, key, tmp_path):
    """By measure, planned and built: what the key adds up from its own coordinates."""
    field = {"FIELD_NAME": "zone", "FIELD_TYPE": 2, "FORMULA": "'regulation'"}
    zones = run(
        "native:fieldcalculator",
        {"INPUT": _source(folder, "boundary"), **field, "OUTPUT": str(tmp_path / "z.gpkg")},
    )["OUTPUT"]
    given = {
        "LAYOUT": [_source(folder, f"measures{kind}") for kind in ("", "_lines", "_points")],
        "ZONES": zones,
        "ADMIN": _source(folder, "admin_villages"),
        "PRICES": str(folder / "prices.csv"),
    }
    result = run("qingliu:quantities", {**given, "OUTPUT": str(tmp_path / "q.gpkg")})
    found: dict[tuple[str, str], float] = {}
    for row in _rows(tmp_path / "q.gpkg"):
        for status in ("built", "planned"):
            if row["of"] != "width" and row[status]:
                name = (row["measure"], status)
                found[name] = found.get(name, 0.0) + row[status]
    wanted = {(r["measure"], r["status"]): r["quantity"] for r in key["quantities"]}
    assert found == pytest.approx(wanted, abs=1.1e-3)
    assert result["COST"] == pytest.approx(sum(r["cost"] for r in key["quantities"]), rel=1e-4)


def test_the_layout_check_finds_the_planted_faults_and_only_those(run, folder, key, tmp_path):
    """For each measure of the exercise the rule it was drawn for: broken where the key says so, by as much."""
    exercise = key["layout_exercise"]
    roles = {
        role: str(folder / name) if name.endswith(".tif") else _source(folder, name)
        for role, name in exercise["roles"].items()
    }
    given = {
        "LAYOUT": [_source(folder, name) for name in exercise["layers"]],
        **roles,
        "INCLUDE_PASSES": True,
    }
    run("qingliu:checklayout", {**given, "OUTPUT": str(tmp_path / "f.gpkg")})
    findings = {(r["measure_uuid"], r["rule_id"]): r for r in _rows(tmp_path / "f.gpkg")}
    for answer in exercise["measures"]:
        found = findings[answer["uuid"], answer["rule_id"]]
        assert found["clause"] == answer["clause"]
        assert (found["severity"] in ("error", "warning", "note")) == answer["breach"], found["message"]
        if answer["failing_area_m2"] is not None:
            assert found["failing_area_m2"] == pytest.approx(answer["failing_area_m2"], rel=0.01)
        if answer["failing_length_m"] is not None:
            assert found["failing_length_m"] == pytest.approx(answer["failing_length_m"], abs=5)


def test_the_overall_layout_breaks_the_rules_it_was_planted_to_break_and_no_other(run, folder, key, tmp_path):
    """With every role of the case: errors (应) are the key's ``layout_faults``, measure by measure."""
    case = yaml.safe_load((folder / "case.yaml").read_text(encoding="utf-8"))
    asked = (
        *("PARCELS", "DEM", "LANDUSE", "SOIL_DEPTH", "COVER", "CHANNELS", "BANKS", "FLOOD_PASSAGE"),
        *("WATER_SOURCE", "VILLAGES", "ROADS", "GULLIES", "WATERBODIES", "POLLUTION", "BUILDINGS", "COUNTY"),
    )
    given = {}
    for role in asked:
        entry = case["layers"][role]
        given[role] = str(folder / entry["file"]) + (
            f"|layername={entry['layer']}" if "layer" in entry else ""
        )
    given["LAYOUT"] = f"{folder / 'survey.gpkg'}|layername=measures"
    given.update(LANDUSE_FIELD="landuse", REGION="south_red", TYPE=case["type"])
    of_zones = ("LANDUSE", "CHANNELS", "WATERBODIES", "VILLAGES", "ROADS", "DEM")
    zones = {role: given[role] for role in of_zones}
    zones.update(
        BOUNDARY=_source(folder, "boundary"), LANDUSE_FIELD="landuse", OUTPUT=str(tmp_path / "z.gpkg")
    )
    given["ZONES"] = run("qingliu:zoning", zones)["OUTPUT"]
    result = run("qingliu:checklayout", {**given, "OUTPUT": str(tmp_path / "f.gpkg")})
    errors = {
        (r["measure_uuid"], r["rule_id"]) for r in _rows(tmp_path / "f.gpkg") if r["severity"] == "error"
    }
    assert errors == {(r["uuid"], r["rule_id"]) for r in key["layout_faults"]}
    answer = next(a for a in key["answers"] if a["id"] == "layout.planted")
    assert result["ERRORS"] == answer["value"] == len(key["layout_faults"]) == 4
    warned = {r["measure_uuid"] for r in _rows(tmp_path / "f.gpkg") if r["severity"] == "warning"}
    assert warned <= {uuid for uuid, _ in errors}  # nothing sound is warned of (宜)
