"""The answer key against Qingliu's own sums of areas and banks: exact areas, C.1, C.2, C.7, C.8 in both readings."""

from __future__ import annotations

import pytest
from qingliu.core.practice import package, scene, shores
from qingliu.core.practice.wkb import wkb

pytest.importorskip("shapely")


@pytest.fixture(scope="module")
def content() -> package.Content:
    return package.content(scene.make(11, 5.0))


@pytest.fixture(scope="module")
def key(content: package.Content) -> dict:
    return {a["id"]: a["value"] for a in content.answers["answers"]}


def _layer(content: package.Content, name: str) -> scene.Layer:
    return next(layer for layer in content.layers if layer.name == name)


def _areas(content: package.Content, name: str, field: str):
    from qingliu.core.areas import Part, Zone, area_table

    layer, boundary = _layer(content, name), _layer(content, "boundary")
    parts = [
        Part(str(f.values[field]), wkb(layer.geometry, f.geometry), k) for k, f in enumerate(layer.features)
    ]
    zone = Zone("w", wkb(boundary.geometry, boundary.features[0].geometry))
    return area_table(parts, [zone])[0]


def test_land_use_areas_agree_to_the_square_millimetre_without_gap_or_overlap(content, key) -> None:
    found = _areas(content, "landuse", "landuse")
    assert found.gap == 0 and found.overlap == 0
    assert found.by_code == pytest.approx(
        {
            k[len("landuse.") :]: v * 1e4
            for k, v in key.items()
            if k.startswith("landuse.0") or k.startswith("landuse.1")
        },
        abs=1e-6,
    )


def test_conservation_rate_agrees_with_the_sum_of_classes_two_to_six(content, key) -> None:
    found = _areas(content, "erosion", "class")
    eroded = sum(v for k, v in found.by_code.items() if int(k) >= 2)
    assert (1 - eroded / found.total) * 100 == pytest.approx(key["C.1"], abs=1e-9)


def test_forest_and_grass_of_the_edition_give_the_cover_of_the_key(content, key) -> None:
    from qingliu.core.landuse import forest_grass

    found = _areas(content, "landuse", "landuse")
    green = sum(v for code, v in found.by_code.items() if forest_grass(code))
    assert green / found.total * 100 == pytest.approx(key["C.2"], abs=1e-9)


def test_an_edition_that_counted_other_forest_land_would_disagree(content, key) -> None:
    found = _areas(content, "landuse", "landuse")
    wrong = sum(v for code, v in found.by_code.items() if code[:2] in ("03", "04"))
    assert abs(wrong / found.total * 100 - key["C.2"]) > 1


@pytest.fixture(scope="module")
def survey(content: package.Content):
    from qingliu.core import shoreline as s

    kinds = {"自然": s.NATURAL, "人工生态": s.ECOLOGICAL, "硬质": s.HARD}
    banks = [
        s.Bank(k, b.line, kinds[b.bank_type], b.river, {"left": s.LEFT, "right": s.RIGHT}[b.side])
        for k, b in enumerate(shores.banks(content.watershed))
    ]
    reaches = [s.Reach(r.line, r.river) for r in shores.reaches(content.watershed)]
    return s.survey_shore(banks, reaches)


@pytest.mark.parametrize("kind", ["自然", "人工生态", "硬质"])
def test_bank_lengths_by_class_agree_to_the_millimetre(survey, key, kind) -> None:
    from qingliu.core import shoreline as s

    name = {"自然": s.NATURAL, "人工生态": s.ECOLOGICAL, "硬质": s.HARD}[kind]
    assert survey.total.everywhere[name] == pytest.approx(key[f"banks.all.{kind}"], abs=1e-3)
    assert survey.total.treated[name] == pytest.approx(key[f"banks.treated.{kind}"], abs=1e-3)


def test_both_readings_of_c8_agree_and_the_printed_one_is_over_a_hundred(survey, key) -> None:
    treated, everywhere = survey.total.treated, survey.total.everywhere
    assert treated.counting / treated.total * 100 == pytest.approx(key["C.8"], abs=1e-3)
    assert everywhere.counting / everywhere.total * 100 == pytest.approx(key["C.8.all"], abs=1e-3)
    assert everywhere.counting / treated.total * 100 == pytest.approx(key["C.8.printed"], abs=1e-3)
    assert key["C.8.printed"] > 100
