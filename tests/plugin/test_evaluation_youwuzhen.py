"""A real watershed of which only DEM and land use are known: what can be computed is, the rest says why not."""

from __future__ import annotations

import pytest
from qgis.core import QgsVectorLayer

pytestmark = pytest.mark.slow
OUTLET = "39444813.9,2840490.8 [EPSG:2415]"


@pytest.fixture(scope="module")
def survey(shared, provider, tmp_path_factory):
    """A survey of youwuzhen, prefilled from its DEM, land use, channels and our own erosion estimate."""
    from qgis import processing

    data = shared / "data" / "youwuzhen"
    if not data.is_dir():
        pytest.skip("no youwuzhen in ../shared/data")
    folder = tmp_path_factory.mktemp("ywz") / "游屋圳 一"
    folder.mkdir()
    dem, land = str(data / "dem_10m.tif"), str(data / "landuse_10m.tif")
    mapping = str(data / "landuse_map.csv")
    boundary, channels = str(folder / "b.gpkg"), str(folder / "c.gpkg")
    path, erosion = folder / "survey.gpkg", str(folder / "e.gpkg")
    processing.run("qingliu:delineatewatershed", {"DEM": dem, "OUTLET": OUTLET, "OUTPUT": boundary})
    processing.run("qingliu:createsurvey", {
        "DESTINATION": str(path), "NAME": "游屋圳", "CODE": "CT-YWZ", "TYPE": "green_industry",
        "BOUNDARY": boundary, "CRS": "EPSG:2415",
    })  # fmt: skip
    processing.run("qingliu:streamsurvey", {"DEM": dem, "BOUNDARY": boundary, "OUTPUT": channels})
    processing.run("qingliu:erosionintensity", {
        "DEM": dem, "BOUNDARY": boundary, "LANDUSE": land, "LANDUSE_MAP": mapping, "REGION": "south_red",
        "CHANNELS": channels, "OUTPUT": erosion, "TABLE": str(folder / "a3.gpkg"),
    })  # fmt: skip
    processing.run("qingliu:prefillsurvey", {
        "SURVEY": str(path), "DEM": dem, "BOUNDARY": boundary, "LANDUSE": land, "LANDUSE_MAP": mapping,
        "CHANNELS": channels, "EROSION": erosion, "EROSION_FIELD": "class", "OUTPUT": str(folder / "p.gpkg"),
    })  # fmt: skip
    return path


def rows(survey, tmp_path, **more):
    from qgis import processing

    out = str(tmp_path / "rows.gpkg")
    given = {"SURVEY": str(survey), "EVALUATION_DATE": "2025-09-30", "ALL_TYPES": True, "OUTPUT": out, **more}
    result = processing.run("qingliu:evaluate", given)
    layer = QgsVectorLayer(out, "rows", "ogr")
    names = layer.fields().names()
    found = [{n: None if str(f[n]) in ("NULL", "None") else f[n] for n in names} for f in layer.getFeatures()]
    return result, {(r["type"], r["number"]): r for r in found}


@pytest.fixture
def known(survey, tmp_path):
    """The survey with a date on its sheets and a county profile: what is missing then is missing in the data."""
    import shutil

    from qingliu.layers.store import Update, open_store

    copy = shutil.copyfile(survey, tmp_path / "survey.gpkg")
    with open_store(copy, who="t") as store:
        dated = {"survey_date": "2025-06-01"}
        store.save([Update("sheet", h.uuid, h.version, dated) for h in store.rows("sheet")])
    county = tmp_path / "county.yaml"
    county.write_text(
        "name: x\nyear: 2024\nsource: s\ncounty_mean: 50\ncounty_current_mean: 80\ncounty_target_2035: 85\n",
        "utf-8",
    )
    return copy, str(county)


def test_nothing_is_proven_and_every_gap_says_what_is_missing(survey, tmp_path):
    result, found = rows(survey, tmp_path)
    assert (result["VERDICT"], result["PASSED"], result["FAILED"]) == ("unproven", 0, 0)
    assert len(found) == 100
    for row in found.values():
        assert row["state"] in ("unproven", "not_applicable")
        assert row["state"] == "not_applicable" or row["missing"], row["number"]


def test_forest_and_grass_cover_is_computed_from_the_land_use(known, tmp_path):
    """Codes 6 and 8 are forest (0301): about 59 % of 5.4 km²."""
    copy, county = known
    _, found = rows(copy, tmp_path, COUNTY=county)
    row = found["green_industry", 2]
    assert row["state"] == "pass" and 57 < row["value_num"] < 61
    assert "QL-EVAL-WHOLELAND" in row["notes"]
    proven = {n for (t, n), r in found.items() if r["state"] in ("pass", "fail") and n != 1}
    assert proven == {2}


def test_erosion_that_is_known_for_a_quarter_of_the_land_proves_no_conservation_rate(known, tmp_path):
    copy, county = known
    _, found = rows(copy, tmp_path, COUNTY=county)
    assert {found[t, 1]["state"] for t in ("livable", "green_industry")} == {"unproven"}
