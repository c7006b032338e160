"""Verdicts, survey rows and planted faults of the practice watershed."""

from __future__ import annotations

import copy

import pytest
from qingliu.core.practice import faults, package, scene, verdicts


@pytest.fixture(scope="module")
def content() -> package.Content:
    return package.content(scene.make(7, 5.0))


@pytest.mark.parametrize(
    ("kind", "failed"),
    [
        pytest.param("water_source", [8, 17], id="water source: sewage below 100 %, banks below 70 %"),
        pytest.param("eco_tourism", [], id="eco-tourism passes"),
        pytest.param("livable", [], id="livable passes"),
        pytest.param("leisure", [], id="leisure passes"),
        pytest.param("green_industry", [19], id="green industry: special output below half"),
    ],
)
def test_one_basin_passes_as_some_types_and_fails_as_others(
    content: package.Content, kind: str, failed: list
) -> None:
    found = next(v for v in content.answers["verdicts"] if v["type"] == kind)
    assert found["failed"] == failed
    assert found["verdict"] == ("not_recognised" if failed else "recognised")
    assert [r["number"] for r in found["rows"]] == list(range(1, 21))


def test_sewage_rate_is_what_the_rows_say(content: package.Content) -> None:
    rows = content.tables["a8"]
    good = sum(r["sewage_treated_l_d"] for r in rows if r["treated_to_standard"])
    rate = good / sum(r["sewage_l_d"] for r in rows) * 100
    found = next(v for v in content.answers["verdicts"] if v["type"] == "livable")
    assert found["rows"][7]["value"] == pytest.approx(rate, rel=1e-11)
    assert 85 <= rate < 100


def test_sewage_of_a_village_is_people_times_85_litres_times_eight_tenths(content: package.Content) -> None:
    people = {r["natural_village"]: r["population"] for r in content.tables["a7"]}
    for row in content.tables["a8"]:
        assert row["sewage_l_d"] == people[row["natural_village"]] * 85 * 8 / 10


def test_first_level_areas_of_a1_add_up_to_the_watershed(content: package.Content) -> None:
    row = content.tables["a1"][0]
    keys = [k for k in row if k.endswith("_hm2") and k not in ("sloping_cropland_hm2", "sparse_forest_hm2")]
    assert len(keys) == 12
    assert sum(row[k] for k in keys) == pytest.approx(row["watershed_area_km2"] * 100, abs=6e-4)


def test_villages_of_a2_hold_all_households_of_a7(content: package.Content) -> None:
    assert sum(r["households"] for r in content.tables["a2"]) == sum(
        r["households"] for r in content.tables["a7"]
    )


def test_every_required_channel_has_its_row(content: package.Content) -> None:
    required = [c for c in content.answers["channels"] if c["survey_required"]]
    assert [r["length_m"] for r in content.tables["a6"]] == [c["length_m"] for c in required]


def test_rows_point_to_features_that_exist(content: package.Content) -> None:
    uuids = {layer.name: {f.uuid for f in layer.features} for layer in content.layers}
    for rows in content.tables.values():
        for row in rows:
            for key, value in row.items():
                if key.endswith("_uuid") and value is not None:
                    assert value in uuids[key[: -len("_uuid")]], key


def test_no_two_rows_or_features_share_a_uuid(content: package.Content) -> None:
    found = [f.uuid for layer in content.layers for f in layer.features]
    found += [r["uuid"] for rows in content.tables.values() for r in rows]
    assert len(found) == len(set(found))


def test_every_judgement_has_statement_evidence_person_and_date(content: package.Content) -> None:
    judged = [r for r in content.tables["indicator_input"] if r["key"] == "judgement"]
    assert sorted(r["number"] for r in judged) == [3, 4, 5, 7, 14, 16]
    for row in judged:
        assert row["statement"] and row["person"] and row["date"]
        assert row["evidence"] in content.texts


@pytest.mark.parametrize("key", [f.key for f in faults.FAULTS])
def test_a_fault_changes_one_table_and_leaves_the_sound_survey_alone(
    content: package.Content, key: str
) -> None:
    before = copy.deepcopy(content.tables)
    faulty, done = faults.plant(content.tables, [key])
    assert content.tables == before
    changed = [name for name in before if faulty[name] != before[name]]
    assert changed == [done[0]["table"]]


def test_the_c8_fault_gives_more_than_a_hundred_per_cent(content: package.Content) -> None:
    faulty, _ = faults.plant(content.tables, ["c8_above_100"])
    values = {r["key"]: r["value"] for r in faulty["indicator_input"] if r["number"] == 17}
    assert (values["natural_bank"] + values["artificial_ecological_bank"]) / values["treated_bank_total"] > 1


def test_limits_of_the_key_are_those_of_the_standards_facts(shared) -> None:
    import yaml

    facts = yaml.safe_load((shared / "standard" / "indicators.yaml").read_text(encoding="utf-8"))
    county = {
        "county_target_2035": 1.0,
        "county_current_mean": 2.0,
        "county_mean": 3.0,
        "county_mean_income": 4.0,
    }
    for indicator in facts["indicators"]:
        for kind, limit in indicator["thresholds"].items():
            ours = verdicts._limits(kind, county).get(indicator["number"])
            if ours is None:
                continue
            theirs = limit["value"][0] if limit["operator"] == "any_of" else limit
            wanted = theirs["value"]
            value = county[wanted[1:]] if isinstance(wanted, str) else wanted
            assert (ours[0], ours[1]) == (theirs["operator"], value), (indicator["number"], kind)


def test_costs_are_quantity_times_price(content: package.Content) -> None:
    for row in content.answers["quantities"]:
        line = next(x for x in content.texts["prices.csv"].splitlines() if x.startswith(f"{row['measure']},"))
        assert row["cost"] == pytest.approx(row["quantity"] * float(line.split(",")[2]), rel=1e-11)
        assert row["unit"] == line.split(",")[1]
