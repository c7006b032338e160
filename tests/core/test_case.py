"""Cases: what case.yaml may say, and how roles are guessed without one."""

from __future__ import annotations

import pytest
import yaml
from qingliu.core.case import case_text, guess_role, read_case
from qingliu.core.errors import InputError


def write(folder, data):
    text = data if isinstance(data, str) else yaml.safe_dump(data, allow_unicode=True)
    (folder / "case.yaml").write_text(text, encoding="utf-8")
    return folder


def test_a_case_gives_its_layers_as_parameters(tmp_path):
    (tmp_path / "dem.tif").touch()
    (tmp_path / "地类.gpkg").touch()
    (tmp_path / "map.csv").touch()
    layers = {
        "DEM": {"file": "dem.tif"},
        "LANDUSE": {"file": "地类.gpkg", "layer": "图斑", "field": "dlbm", "map": "map.csv"},
    }
    case = read_case(write(tmp_path, {"name": "清水河", "type": "livable", "layers": layers}))
    found = case.role_parameters()
    assert found["DEM"] == str(tmp_path / "dem.tif")
    assert found["LANDUSE"].endswith("地类.gpkg|layername=图斑")
    assert found["LANDUSE_FIELD"] == "dlbm" and found["LANDUSE_MAP"].endswith("map.csv")
    assert found["NAME"] == "清水河" and found["TYPE"] == "livable"
    assert read_case(write(tmp_path, case_text(case))).layers == case.layers


def test_all_faults_of_a_case_come_at_once(tmp_path):
    data = {
        "name": "x",
        "typ": "livable",
        "type": "lake",
        "layers": {"DEM": {"file": "none.tif"}, "ROADS": {"file": "../../etc/passwd"}, "VILLAGES": "v.gpkg"},
    }
    with pytest.raises(InputError) as caught:
        read_case(write(tmp_path, data))
    codes = sorted(p.code for p in caught.value.problems)
    assert codes == ["QL-CASE-KEY", "QL-CASE-LAYER", "QL-CASE-MISSING", "QL-CASE-OUTSIDE", "QL-CASE-TYPE"]


@pytest.mark.parametrize("text", ["- a\n- b\n", "name: [", "\x00"], ids=["a list", "broken", "binary"])
def test_a_file_that_is_no_case_is_refused(tmp_path, text):
    with pytest.raises(InputError) as caught:
        read_case(write(tmp_path, text))
    assert caught.value.code == "QL-CASE-UNREADABLE"


@pytest.mark.parametrize(
    ("name", "kind", "role"),
    [
        ("DEM_5m", "raster", "DEM"), ("土地利用2023", "polygon", "LANDUSE"), ("河流", "line", "CHANNELS"),
        ("village_points", "point", "VILLAGES"), ("roads", "line", "ROADS"), ("roads", "point", None),
        ("notes", "table", None),
    ],
)  # fmt: skip
def test_roles_are_guessed_by_words_and_kind(name, kind, role):
    assert guess_role(name, kind) == role
