"""qingliu:checksurvey on real GeoPackages: the practice survey is clean, its exercise is not."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import pytest

# planted fault -> the check that finds it, and the field it names
FOUND_BY = {
    "sewage_in_tonnes": ("sewage_plausible", "sewage_l_d"),
    "treated_above_total": ("at_most", "sewage_treated_l_d"),
    "land_sum": ("land_area_sum", "cropland_hm2"),
    "heights_swapped": ("elevation_order", "elevation_min_m"),
    "area_in_hectares": ("area_a1_a3", "watershed_area_km2"),
    "village_missing": ("same_villages", "natural_village"),
    "fertiliser_per_mu": ("fertiliser_unit", "fertiliser_kg_hm2"),
    "channel_missing": ("channels_surveyed", "channel_name"),
    "toilets": ("at_most", "toilets_converted"),
    "labour": ("at_most", "labour_force"),
    "checker_is_surveyor": ("checker_other_person", "checker"),
    "old_year": ("value_year", "year"),
    "no_evidence": ("judgement_proof", "evidence"),
    "c8_above_100": ("banks_over_100", "value"),
}
# Findings on rows other than the one that was changed: what is lost has no row of its own any more.
ELSEWHERE = {"village_missing", "channel_missing"}


@pytest.fixture(scope="module")
def practice(practice_folder, tmp_path_factory) -> Path:
    from qgis import processing

    target = tmp_path_factory.mktemp("practice") / "case"
    shutil.copytree(practice_folder, target)
    streams = {
        "DEM": str(target / "dem.tif"),
        "BOUNDARY": f"{target / 'landuse.gpkg'}|layername=boundary",
        "INCLUDE_ALL": True,
        "OUTPUT": str(target / "streams.gpkg"),
    }
    processing.run("qingliu:streamsurvey", streams)
    return target


def _check(run, survey: Path, out: Path, **more) -> tuple[list[dict], dict]:
    results = run("qingliu:checksurvey", {"SURVEY": str(survey), "OUTPUT": str(out), **more})
    with out.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream)), results


@pytest.mark.slow
@pytest.mark.parametrize("network", [False, True], ids=["alone", "with the stream survey"])
def test_the_practice_survey_raises_no_false_alarm(run, practice, tmp_path, network):
    more = {"CHANNELS": str(practice / "streams.gpkg")} if network else {}
    rows, results = _check(run, practice / "survey.gpkg", tmp_path / "found.csv", **more)
    loud = [r for r in rows if r["severity"] in ("error", "warning")]
    assert loud == []
    assert results["ERRORS"] == results["WARNINGS"] == 0
    assert [r for r in rows if r["severity"] == "unknown"] == []
    # what remains is true: cells not filled yet, farms drawn and not linked, one crop above the limit of indicator 6
    assert {r["check_id"] for r in rows} <= {"empty_cells", "farms_on_map", "usual_range"}
    assert results["NOTES"] == len(rows) > 0


@pytest.mark.slow
def test_every_planted_fault_of_the_exercise_is_found_where_it_was_planted(run, practice, tmp_path):
    planted = json.loads((practice / "answers.json").read_text(encoding="utf-8"))["faults"]
    assert {f["key"] for f in planted} == set(FOUND_BY)
    more = {"CHANNELS": str(practice / "streams.gpkg")}
    rows, results = _check(run, practice / "exercise.gpkg", tmp_path / "found.csv", **more)
    missed = []
    for fault in planted:
        check, field = FOUND_BY[fault["key"]]
        hits = [r for r in rows if r["check_id"] == check and r["field"] == field]
        if fault["key"] not in ELSEWHERE:
            hits = [r for r in hits if r["row_uuid"] == fault["row_uuid"]]
        if not hits:
            missed.append(fault["key"])
    assert missed == []
    assert results["ERRORS"] >= 9


@pytest.mark.slow
def test_the_survey_is_only_read(run, practice, tmp_path):
    before = (practice / "survey.gpkg").read_bytes()
    _check(run, practice / "survey.gpkg", tmp_path / "found.csv")
    assert (practice / "survey.gpkg").read_bytes() == before


@pytest.mark.parametrize(
    ("east", "flagged"),
    [pytest.param(10.0, False, id="the detailed map covers the whole watershed"),
     pytest.param(6.0, True, id="a third of it lies on the coarse map only")],
)  # fmt: skip
def test_a_coarser_base_map_counts_only_where_no_better_one_lies(run, qgis_app, tmp_path, east, flagged):
    """A watershed of 10 km by 6 km; a 1:50 000 map over all of it and a 1:10 000 map over its west."""
    from qgis.core import QgsGeometry
    from qingliu.layers.store import Insert, open_store

    def box(width_km):
        west, south = 464000.0, 3166000.0
        east_m, north = west + 1000 * width_km, south + 6000
        corners = f"{west} {south},{east_m} {south},{east_m} {north},{west} {north},{west} {south}"
        shape = QgsGeometry.fromWkt(f"MULTIPOLYGON((({corners})))")
        return bytes(shape.asWkb())

    survey = tmp_path / "survey.gpkg"
    run("qingliu:createsurvey", {"DESTINATION": str(survey), "NAME": "x", "CODE": "x", "TYPE": "livable",
                                 "CRS": "EPSG:4547"})  # fmt: skip
    with open_store(survey) as store:
        store.save([
            Insert("boundary", {"name": "x"}, box(10.0), "b"),
            Insert("base_sheets", {"name": "coarse", "base_scale": 50000}, box(10.0), "coarse"),
            Insert("base_sheets", {"name": "fine", "base_scale": 10000}, box(east), "fine"),
        ])  # fmt: skip
    rows, _ = _check(run, survey, tmp_path / "found.csv")
    hits = [r["row_uuid"] for r in rows if r["check_id"] == "base_map_scale"]
    assert hits == (["coarse"] if flagged else [])


def _written_past_the_store(survey: Path) -> None:
    """What a plain SQLite writer may leave behind: nothing of it passes the store's own save."""
    import sqlite3

    with sqlite3.connect(survey) as file:
        # the R-tree's triggers want functions that plain SQLite lacks; no table here is located but photos
        heads = dict(file.execute('SELECT "table", uuid FROM sheet'))
        file.execute("UPDATE sheet SET survey_date = '2099-01-01' WHERE \"table\" = 'a7'")
        file.execute("UPDATE sheet SET survey_date = '2024-02-30' WHERE \"table\" = 'a8'")
        rows = [("r1", heads["a7"], 1, 5.0), ("r2", heads["a7"], 1, 5.0), ("r3", None, 2, float("inf"))]
        file.executemany(
            "INSERT INTO a7 (uuid, sheet_uuid, row_no, natural_village, population, version) VALUES (?, ?, ?, ?, ?, 1)",
            [(u, s, n, u, p) for u, s, n, p in rows],
        )
    file.close()


def test_what_was_written_past_the_store_is_told(run, qgis_app, tmp_path):
    from qingliu.layers.store import Insert, open_store

    survey = tmp_path / "调查" / "survey.gpkg"
    survey.parent.mkdir()
    run("qingliu:createsurvey", {"DESTINATION": str(survey), "NAME": "x", "CODE": "x", "TYPE": "livable",
                                 "CRS": "EPSG:4547"})  # fmt: skip
    (survey.parent / "photos").mkdir()
    (survey.parent / "photos" / "there.jpg").write_bytes(b"x")
    (tmp_path / "secret.txt").write_text("x", "utf-8")
    paths = {
        "p1": "photos/there.jpg",
        "p2": "photos/gone.jpg",
        "p3": "../secret.txt",
        "p4": str(tmp_path / "secret.txt"),
    }
    with open_store(survey) as store:
        store.save([
            *(Insert("photos", {"path": path}, None, uuid) for uuid, path in paths.items()),
            Insert("indicator_input", {"number": 3, "key": "judgement", "evidence": "名" * 300}, None, "e"),
            Insert("indicator_input", {"number": 20, "key": "visitors_per_year", "year": 2024}, None, "v"),
        ])  # fmt: skip
    _written_past_the_store(survey)
    rows, _ = _check(run, survey, tmp_path / "found.csv")
    told = {(r["check_id"], r["row_uuid"]) for r in rows if r["severity"] in ("error", "warning")}
    wanted = {
        ("row_number_once", "r2"), ("sheet_link", "r3"), ("number", "r3"),
        ("photo_file", "p2"), ("photo_file", "p3"), ("photo_file", "p4"), ("evidence_file", "e"),
    }  # fmt: skip
    assert wanted <= told and ("photo_file", "p1") not in told
    assert sum(c == "survey_date_possible" for c, _ in told) == 2
    # 2099 would have made every value of today too old
    assert "value_year" not in {c for c, _ in told}
