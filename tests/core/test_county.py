"""County profiles: what they hold, what they refuse, what @names stand for."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from qingliu.core.county import county_from, county_to_yaml, load_county, references
from qingliu.core.errors import EditionError
from qingliu.core.standard import default_edition, load_edition

TINY = Path(__file__).resolve().parent.parent / "data" / "editions" / "tiny"

PROFILE = {
    "name": "清源县",
    "year": 2024,
    "source": "清源县水土保持公报",
    "county_target_2035": 78.5,
    "county_current_mean": 74,
    "county_mean": 61.2,
    "county_mean_income": 21500,
    "water_function_zone_target_class": "Ⅲ",
    "no_cultivation_slope_deg": 20,
}
SEVEN = {
    "from": "Beijing 1954", "to": "CGCS2000", "dx": -15.6, "dy": 154.2, "dz": 83.1,
    "rx": 0.1, "ry": -0.2, "rz": 0.3, "scale_ppm": 4.5, "source": "测绘院",
}  # fmt: skip


def faults(raw):
    with pytest.raises(EditionError) as caught:
        county_from(raw)
    return [(p.code, p.facts.get("key")) for p in caught.value.problems]


def test_a_full_profile_keeps_every_number_as_written():
    county = county_from(PROFILE)
    assert (county.name, county.year, county.source) == ("清源县", 2024, "清源县水土保持公报")
    assert county.inputs == {k: PROFILE[k] for k in list(PROFILE)[3:8]}
    assert county.no_cultivation_slope_deg == 20


def test_what_a_county_does_not_know_stays_unknown():
    county = county_from({"name": "清源县", "year": 2024, "source": "公报"})
    assert set(county.inputs.values()) == {None}
    assert county.no_cultivation_slope_deg is None
    assert county.datum == () and county.thresholds == ()


@pytest.mark.parametrize("spelling", ["Ⅲ", "III", "iii", "Ⅲ类", " III 类 "], ids=repr)
def test_a_water_class_may_be_typed_with_latin_letters(spelling):
    county = county_from({**PROFILE, "water_function_zone_target_class": spelling})
    assert county.inputs["water_function_zone_target_class"] == "Ⅲ"


@pytest.mark.parametrize(
    ("key", "value", "code"),
    [
        ("county_target_2035", 100.1, "QL-STD-RANGE"),
        ("county_mean", -1, "QL-STD-RANGE"),
        ("county_mean_income", "many", "QL-STD-NOTNUMBER"),
        ("county_mean", float("nan"), "QL-STD-NOTNUMBER"),
        ("county_mean_income", float("inf"), "QL-STD-NOTNUMBER"),
        ("water_function_zone_target_class", "Ⅵ", "QL-STD-CHOICE"),
        ("year", 24, "QL-STD-RANGE"),
        ("year", "2024", "QL-STD-NOTINTEGER"),
        ("name", "", "QL-STD-MISSING"),
        ("no_cultivation_slope_deg", 25.5, "QL-COUNTY-SLOPE"),
        ("no_cultivation_slope_deg", 0, "QL-COUNTY-SLOPE"),
        ("county_taget_2035", 70, "QL-STD-UNKNOWNKEY"),
    ],
)
def test_a_fault_names_its_key(key, value, code):
    assert faults({**PROFILE, key: value}) == [(code, key)]


def test_the_no_cultivation_slope_may_be_lowered_but_not_exceed_25_degrees():
    assert county_from({**PROFILE, "no_cultivation_slope_deg": 25}).no_cultivation_slope_deg == 25
    assert references(county=county_from(PROFILE))["no_cultivation_slope_deg"] == 20
    assert references()["no_cultivation_slope_deg"] == 25


def test_all_faults_come_at_once():
    found = faults({"name": 7, "year": 3000, "county_mean": 120, "datum": [{"from": "Beijing 1954"}]})
    assert {code for code, _ in found} == {
        "QL-STD-NOTTEXT",
        "QL-STD-MISSING",
        "QL-STD-RANGE",
        "QL-CRS-SHIFTBAD",
    }


@pytest.mark.parametrize("raw", [None, [], "清源县", 7], ids=repr)
def test_a_file_that_is_no_profile_is_refused(raw):
    assert faults(raw) == [("QL-STD-NOTMAPPING", "-")]


def test_an_unreadable_file_is_named(tmp_path):
    path = tmp_path / "county.yaml"
    path.write_text("name: [", encoding="utf-8")
    with pytest.raises(EditionError, match=r"county\.yaml"):
        load_county(path)
    with pytest.raises(EditionError, match=r"absent\.yaml"):
        load_county(tmp_path / "absent.yaml")


# --- datum parameters --------------------------------------------------------------------------


def test_datum_parameters_may_be_one_entry_or_a_list():
    three = {k: SEVEN[k] for k in ("from", "to", "dx", "dy", "dz", "source")}
    one = county_from({**PROFILE, "datum": three}).datum
    two = county_from({**PROFILE, "datum": [three, SEVEN]}).datum
    assert (one[0].dx, one[0].rx) == (-15.6, 0.0)
    assert [d.scale_ppm for d in two] == [0.0, 4.5]


# --- extra thresholds ----------------------------------------------------------------------------


def extra(**changes):
    entry = {"indicator": 17, "operator": ">=", "value": 75, "unit": "%", "source": "县级实施方案"}
    return {**PROFILE, "thresholds": [{**entry, **changes}]}


def test_an_extra_threshold_concerns_its_indicator_and_types():
    county = county_from(extra(types=["livable"]))
    bank, toilets = default_edition().indicator(17), default_edition().indicator(11)
    threshold = county.thresholds[0]
    assert threshold.concerns(bank, "livable")
    assert not threshold.concerns(bank, "leisure")
    assert not threshold.concerns(toilets, "livable")
    assert county_from(extra(indicator="ecological_bank_rate")).thresholds[0].concerns(bank, "leisure")


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"indicator": 21}, ("QL-STD-NOREFERENCE", "thresholds[1].indicator")),
        ({"indicator": 3}, ("QL-COUNTY-NOTNUMERIC", "thresholds[1].indicator")),
        ({"unit": "m"}, ("QL-STD-CHOICE", "thresholds[1].unit")),
        ({"types": ["coastal"]}, ("QL-STD-NOREFERENCE", "thresholds[1].types[1]")),
        ({"operator": "about"}, ("QL-STD-CHOICE", "thresholds[1].operator")),
        ({"value": "high"}, ("QL-STD-NOTNUMBER", "thresholds[1].value")),
    ],
    ids=["no such indicator", "qualitative", "other unit", "no such type", "no operator", "no number"],
)
def test_a_bad_extra_threshold_is_refused(changes, fault):
    assert fault in faults(extra(**changes))


# --- another edition, round trips ----------------------------------------------------------------


def test_which_inputs_a_profile_may_hold_is_the_editions_to_say():
    tiny = load_edition(TINY)
    raw = {"name": "岩县", "year": 2024, "source": "公报", "rock_share": 30}
    assert county_from(raw, tiny).inputs == {"rock_share": 30}
    assert faults(raw) == [("QL-STD-UNKNOWNKEY", "rock_share")]
    with pytest.raises(EditionError, match="QL-COUNTY-SLOPE"):
        county_from({**raw, "no_cultivation_slope_deg": 20}, tiny)  # this edition's highest is 15
    assert references(tiny, county_from(raw, tiny))["rock_share"] == 30


def test_references_know_parameters_inputs_and_overrides():
    known = references()
    assert known["survey_channel_length_min_m"] == 300
    assert known["county_mean"] is None
    assert references(county=county_from(PROFILE))["county_mean"] == 61.2
    assert references(overrides={"near_village_m": 500})["near_village_m"] == 500


percent = st.one_of(st.none(), st.floats(0, 100))


@given(
    target=percent,
    mean=percent,
    income=st.one_of(st.none(), st.integers(0, 10**7)),
    slope=st.one_of(st.none(), st.floats(0.1, 25)),
    year=st.integers(1980, 2100),
    name=st.text(
        st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zs", "Zl", "Zp", "Cn"]), min_size=1
    ),
)
def test_a_profile_written_and_read_again_is_the_same(target, mean, income, slope, year, name):
    raw = {
        "name": name, "year": year, "source": "公报", "county_target_2035": target,
        "county_mean": mean, "county_mean_income": income, "no_cultivation_slope_deg": slope,
        "thresholds": extra()["thresholds"], "datum": [SEVEN],
    }  # fmt: skip
    county = county_from(raw)
    assert county_from(yaml.safe_load(county_to_yaml(county))) == county
