"""Rules as data: the edition's schemes hold together, a user's file is checked to the last word."""

from __future__ import annotations

import numpy as np
import pytest
from qingliu.core.errors import InputError
from qingliu.core.zoning.cells import Cells, decide
from qingliu.core.zoning.rules import load_scheme, narrowed, parse_overrides, parse_untrusted

ALL = frozenset(
    {"slope_deg", "height_above_drainage_m", "slope_position", "erosion_class", "cover_pct", "settlement_m",
     "road_m", "channel_m", "water_m", "land_use", "belt:channels", "belt:water"}
)  # fmt: skip

GOOD = """
zones:
  - {key: core, zh: 核心, en: core, clause: 2.0.2}
  - {key: outer, zh: 外围, en: outer, clause: 3.0.4}
rules:
  - {id: steep, zone: core, clause: 3.0.4, source: ours, zh: 陡, en: steep,
     when: [{attribute: slope_deg, operator: '>', value: 20}]}
  - {id: rest, zone: outer, clause: 3.0.4, source: ours, zh: 其余, en: rest}
"""


def codes_of(error):
    return [p.code for p in error.value.problems]


def load(tmp_path, text, **keywords):
    path = tmp_path / "mine.yaml"
    path.write_text(text, encoding="utf-8")
    return load_scheme("custom", custom=path, **keywords)


def test_three_zones_have_the_norms_names_and_each_rule_a_clause_of_the_edition():
    scheme = load_scheme("three")
    assert [z.key for z in scheme.zones] == ["protection", "regulation", "channel"]
    assert scheme.zones[2].zh == "沟（河）道及湖库周边整治区"
    assert all(r.clause and r.source in ("clause", "ours") for r in scheme.rules)
    assert not scheme.rules[-1].when and not scheme.rules[-1].belt


def test_two_zones_join_the_channel_zone_to_regulation_and_keep_its_belts():
    scheme = load_scheme("two")
    assert [z.key for z in scheme.zones] == ["protection", "regulation"]
    assert {r.zone for r in scheme.rules if r.belt} == {"regulation"}


def test_numbers_of_a_rule_are_the_editions_and_overrides_replace_them():
    scheme = load_scheme("three", overrides={"steep_slope_min_deg": 20})
    steep = next(r for r in scheme.rules if r.id == "steep")
    assert scheme.of_rule(steep) == {"steep_slope_min_deg": 20.0}
    belt = next(r for r in scheme.rules if r.belt == "channels")
    assert scheme.of_rule(belt)["channel_zone_buffer_m"] == 50.0


def test_missing_inputs_let_rules_fall_out_and_optional_conditions_go_untested():
    found = narrowed(load_scheme("three"), ALL - {"road_m", "erosion_class", "belt:water"})
    assert dict(found.fallen) == {"eroded": "erosion_class", "water_belt": "water"}
    assert found.untested == (("remote", "road_m"),)
    assert [w.code for w in found.warnings()] == ["QL-ZONING-FALLEN", "QL-ZONING-UNTESTED"]
    remote = next(r for r in found.scheme.rules if r.id == "remote")
    assert "road_m" not in [t.attribute for t in remote.when]


def test_nothing_falls_out_where_everything_is_known():
    assert narrowed(load_scheme("three"), ALL).warnings() == []


@pytest.mark.parametrize(
    ("land_use", "slope", "position", "height", "village", "rule"),
    [
        ("0103", 3, 0.1, 2, 100, "cropland"),
        ("0103", 30, 0.9, 80, 3000, "cropland"),
        ("0702", 3, 0.1, 2, 0, "settlement"),
        ("0301", 30, 0.2, 20, 100, "steep"),
        ("0301", 25, 0.2, 20, 100, "lower_vegetation"),
        ("0301", 10, 0.7, 60, 100, "upper_slope"),
        ("0301", 10, 0.3, 20, 600, "remote"),
        ("0301", 16, 0.4, 30, 100, "middle_slope"),
        ("0301", 10, 0.1, 3, 5000, "valley_flat"),
        ("03", 10, 0.1, 30, 100, "lower_vegetation"),
        (None, 30, 0.7, 60, 100, "high_and_steep"),
        (None, 30, 0.5, 60, 100, "rest"),
    ],
)
def test_cell_falls_under_the_first_rule_that_holds(land_use, slope, position, height, village, rule):
    scheme = load_scheme("three")
    measured = {
        "slope_deg": slope, "slope_position": position, "height_above_drainage_m": height, "settlement_m": village,
        "road_m": 1000, "erosion_class": np.nan, "cover_pct": np.nan,
    }  # fmt: skip
    grids = {k: np.full((1, 1), v, np.float32) for k, v in measured.items()}
    codes = [land_use] if land_use else []
    cells = Cells(grids, np.full((1, 1), 0 if land_use else -1), codes)
    assert scheme.rules[decide(scheme, cells)[0, 0]].id == rule


def test_eroded_and_sparse_forest_is_no_protection_zone():
    scheme = load_scheme("three")
    base = {
        "slope_deg": 30,
        "slope_position": 0.9,
        "height_above_drainage_m": 90,
        "settlement_m": 9000,
        "road_m": 900,
    }
    for extra, rule in (({"erosion_class": 3, "cover_pct": 90}, "eroded"),
                        ({"erosion_class": 2, "cover_pct": 59}, "sparse"),
                        ({"erosion_class": 2, "cover_pct": 60}, "upper_slope")):  # fmt: skip
        grids = {k: np.full((1, 1), v, np.float32) for k, v in {**base, **extra}.items()}
        assert scheme.rules[decide(scheme, Cells(grids, np.zeros((1, 1), int), ["0301"]))[0, 0]].id == rule


def test_custom_scheme_with_its_own_zones(tmp_path):
    scheme = load(tmp_path, GOOD)
    assert [z.key for z in scheme.zones] == ["core", "outer"]
    assert scheme.of_rule(scheme.rules[0]) == {"slope_deg": 20.0}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (("zone: core, clause: 3.0.4", "zone: elsewhere, clause: 3.0.4"), "QL-ZONING-NOZONE"),
        (("clause: 3.0.4, source: ours, zh: 陡", "clause: 9.9.9, source: ours, zh: 陡"), "QL-ZONING-NOCLAUSE"),
        (("id: rest", "id: steep"), "QL-ZONING-TWICE"),
        (("operator: '>', value: 20", "operator: '>'"), "QL-ZONING-TEST"),
        (("operator: '>', value: 20", "operator: '>', value: 20, parameter: steep_slope_min_deg"), "QL-ZONING-TEST"),
        (("operator: '>', value: 20", "operator: '>', parameter: no_such"), "QL-ZONING-NOPARAMETER"),
        (("attribute: slope_deg, operator: '>', value: 20", "attribute: land_use, group: jungle"), "QL-ZONING-NOGROUP"),
        (("attribute: slope_deg, operator: '>', value: 20", "attribute: land_use, codes: ['3x']"), "QL-ZONING-CODE"),
        (("attribute: slope_deg", "attribute: phase_of_moon"), "QL-STD-CHOICE"),
        (("value: 20", "value: steep"), "QL-STD-NOTNUMBER"),
        (("en: rest}", "en: rest, when: [{attribute: slope_deg, operator: '<', value: 5}]}"), "QL-ZONING-NOREST"),
        ((",\n     when: [{attribute: slope_deg, operator: '>', value: 20}]", ""), "QL-ZONING-UNREACHED"),
        (("zh: 其余, en: rest}", "zh: 其余, en: rest, belt: channels}"), "QL-ZONING-BELTORDER"),
        (("zh: 陡, en: steep", "zh: 陡, en: steep, colour: red"), "QL-STD-UNKNOWNKEY"),
        (("rules:", "rules: []\nothers:"), "QL-STD-UNKNOWNKEY"),
        (("zones:", "like: three\nzones:"), "QL-ZONING-LIKE"),
    ],
)  # fmt: skip
def test_fault_in_a_custom_scheme_is_named(tmp_path, change, code):
    assert change[0] in GOOD
    with pytest.raises(InputError) as error:
        load(tmp_path, GOOD.replace(*change, 1))
    assert code in codes_of(error)


def test_all_faults_of_a_custom_scheme_come_at_once(tmp_path):
    text = GOOD.replace("zone: core, clause", "zone: nowhere, clause").replace(
        "clause: 2.0.2", "clause: 1.2.3"
    )
    with pytest.raises(InputError) as error:
        load(tmp_path, text, overrides={"steep_slope_min_deg": 200, "nothing": 1})
    assert codes_of(error) == ["QL-ZONING-RANGE", "QL-ZONING-NOPARAMETER"]
    with pytest.raises(InputError) as error:
        load(tmp_path, text)
    assert codes_of(error) == ["QL-ZONING-NOZONE", "QL-ZONING-NOCLAUSE"]


@pytest.mark.parametrize(
    "data",
    [
        b"a: &x [1]\nb: *x\n",
        b"!!python/object/apply:os.system ['true']",
        b"{" * 5000,
        b"\xff\xfe\x00",
        b"a: " + b"x" * (1 << 18),
        b"a: [1",
    ],
    ids=["alias", "python", "deep", "binary", "large", "broken"],
)
def test_hostile_yaml_is_refused_with_a_code(data):
    with pytest.raises(InputError, match="QL-ZONING-UNREADABLE"):
        parse_untrusted(data, "x.yaml")


def test_overrides_come_as_text_or_file(tmp_path):
    assert parse_overrides("") == {}
    assert parse_overrides("{steep_slope_min_deg: 20}") == {"steep_slope_min_deg": 20}
    assert parse_overrides("steep_slope_min_deg: 20\nnear_road_m: 5") == {
        "steep_slope_min_deg": 20,
        "near_road_m": 5,
    }
    file = tmp_path / "numbers.json"
    file.write_text('{"near_road_m": 7}', encoding="utf-8")
    assert parse_overrides(str(file)) == {"near_road_m": 7}
    with pytest.raises(InputError, match="QL-ZONING-OVERRIDES"):
        parse_overrides("steeper, please")
    with pytest.raises(InputError, match="QL-ZONING-UNREADABLE"):
        parse_overrides(str(tmp_path / "absent.yaml"))


def test_custom_without_a_file_is_refused():
    with pytest.raises(InputError, match="QL-ZONING-NOCUSTOM"):
        load_scheme("custom")


@pytest.mark.parametrize("value", [True, "12", float("nan")], ids=str)
def test_override_that_is_no_number_is_refused(value):
    with pytest.raises(InputError, match="QL-ZONING-NOTNUMBER"):
        load_scheme("three", overrides={"steep_slope_min_deg": value})
