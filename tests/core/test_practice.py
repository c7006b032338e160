"""The practice watershed: same for a seed, plausible, and an answer key that follows from the construction."""

from __future__ import annotations

import hashlib
import json

import numpy as np
import pytest
from qingliu.core.errors import Cancelled
from qingliu.core.practice import VERSION, answers, chance, figures, layers, mosaic, package, scene


@pytest.fixture(scope="module")
def content() -> package.Content:
    return package.content(scene.make(7, 5.0))


def _by_id(content: package.Content) -> dict:
    return {a["id"]: a["value"] for a in content.answers["answers"]}


def _layer(content: package.Content, name: str) -> scene.Layer:
    return next(layer for layer in content.layers if layer.name == name)


def test_equal_seeds_give_equal_ground_geometry_and_answers(content: package.Content) -> None:
    again = package.content(scene.make(7, 5.0))
    assert np.array_equal(content.watershed.ground.z, again.watershed.ground.z)
    assert content.answers == again.answers
    assert content.case == again.case
    for one, two in zip(content.layers, again.layers):
        assert [f.uuid for f in one.features] == [f.uuid for f in two.features]
        assert [dict(f.values) for f in one.features] == [dict(f.values) for f in two.features]
        assert all(str(f.geometry) == str(g.geometry) for f, g in zip(one.features, two.features))


def _digest(content: package.Content) -> str:
    found = hashlib.sha256(content.watershed.ground.z.tobytes())
    for layer in content.layers:
        for feature in layer.features:
            found.update(feature.uuid.encode())
            found.update(str(np.concatenate(_coordinates(feature.geometry)).tolist()).encode())
    found.update(json.dumps([content.answers, content.tables, content.meta], ensure_ascii=False).encode())
    return found.hexdigest()[:16]


def _coordinates(geometry: object) -> list[np.ndarray]:
    if isinstance(geometry, tuple) and not isinstance(geometry[0], float):
        return [points for part in geometry for points in _coordinates(part)]
    return [np.asarray(geometry, dtype=float).ravel()]


def test_content_of_a_seed_changes_only_with_the_version(content: package.Content) -> None:
    # equal on numpy 1.24 and 2.x; whoever changes what a seed gives raises VERSION and writes the new digest here
    assert (VERSION, _digest(content)) == ("4", "fc39d707779189d1")


class _Cancelling:
    """Progress of a user who says stop after a while."""

    def __init__(self, steps: int) -> None:
        self.left = steps

    def stage(self, name: str, count: object = None) -> None:
        return None

    def step(self, fraction: float) -> None:
        assert 0 <= fraction <= 1
        self.left -= 1
        if self.left < 0:
            raise Cancelled()


@pytest.mark.parametrize("steps", [0, 1, 700], ids=["at once", "after a step", "in the fine erosion"])
def test_making_stops_when_the_user_says_so(steps: int) -> None:
    with pytest.raises(Cancelled):
        scene.make(7, 5.0, _Cancelling(steps))


def test_another_seed_gives_another_ground() -> None:
    one, two = (chance.uniform(seed, "young", 4).tolist() for seed in (1, 2))
    assert one != two


def test_chance_is_the_published_splitmix64() -> None:
    # first output of SplitMix64 with state 0 (Vigna's reference code)
    assert int(chance._mix(np.zeros(1, dtype=np.uint64))[0]) == 0xE220A8397B1DCDAF


def test_area_is_near_what_was_asked_and_within_the_clause(content: package.Content) -> None:
    # 5 km² is kept 6 % inside the limits of 3.0.2: 5.3 km² is aimed at
    area = _by_id(content)["watershed.area_km2"]
    assert abs(area - 5.3) / 5.3 < 0.06
    assert 5 <= area <= 50
    assert _by_id(content)["watershed.size_check"] == "within"


def test_watershed_keeps_clear_of_the_edge_of_the_ground(content: package.Content) -> None:
    inside = content.watershed.ground.inside
    assert not inside[[0, -1]].any() and not inside[:, [0, -1]].any()


def test_every_cell_but_the_edge_has_a_lower_neighbour(content: package.Content) -> None:
    ground = content.watershed.ground
    rows, cols = ground.z.shape
    receiver = ground.forest.receiver.reshape(rows, cols)
    inner = np.arange(rows * cols).reshape(rows, cols)[1:-1, 1:-1]
    assert (receiver[1:-1, 1:-1] != inner).all()
    assert (ground.z.ravel()[receiver[1:-1, 1:-1]] < ground.z[1:-1, 1:-1]).all()


def test_parcels_partition_the_boundary_exactly(content: package.Content) -> None:
    parcels = _layer(content, "landuse")
    boundary = sum(mosaic.area(p) for p in _layer(content, "boundary").features[0].geometry)
    assert sum(mosaic.area(f.geometry) for f in parcels.features) == boundary
    assert boundary == content.watershed.ground.inside.sum() * 25.0


def test_erosion_classes_and_administrative_villages_partition_it_too(content: package.Content) -> None:
    boundary = sum(mosaic.area(p) for p in _layer(content, "boundary").features[0].geometry)
    assert sum(mosaic.area(f.geometry) for f in _layer(content, "erosion").features) == boundary
    admin = sum(mosaic.area(p) for f in _layer(content, "admin_villages").features for p in f.geometry)
    assert admin == boundary


def test_paddies_lie_low_and_gentle_and_forest_high_and_steep(content: package.Content) -> None:
    p = content.watershed.parcels

    def weighted(values: np.ndarray, code: str) -> float:
        own = np.array([c == code for c in p.code])
        return float((values * p.cells)[own].sum() / p.cells[own].sum())

    assert weighted(p.slope, "0101") < 0.15 < weighted(p.slope, "0301")
    assert weighted(p.above, "0101") < 15 < weighted(p.above, "0301")


@pytest.mark.parametrize(
    ("length", "area", "expected"),
    [
        pytest.param(300.0, 0.1, (False, "none", True), id="both limits met exactly count as below"),
        pytest.param(300.001, 0.02, (True, "length", False), id="one millimetre over the length"),
        pytest.param(20.0, 0.100001, (True, "area", False), id="one square metre over the area"),
        pytest.param(300.0004, 0.02, (False, "none", True), id="rounded to a millimetre first"),
        pytest.param(500.0, 0.3, (True, "both", False), id="both"),
        pytest.param(269.9, 0.0899, (False, "none", False), id="not near either"),
    ],
)
def test_verdict_of_clause_4_3_1(length: float, area: float, expected: tuple) -> None:
    assert answers.verdict(length, area) == expected


def test_treated_bank_ratio_passes_sixty_and_fails_seventy(content: package.Content) -> None:
    assert 60 < _by_id(content)["C.8"] < 70


def test_channels_drain_less_than_the_channel_they_join(content: package.Content) -> None:
    channels = content.answers["channels"]
    assert channels[0]["parent"] is None
    assert len(channels) > 20
    for channel in channels[1:]:
        assert channel["parent"] is not None
        assert channels[channel["parent"]]["area_km2"] >= channel["area_km2"]


def test_case_names_only_layers_that_are_there(content: package.Content) -> None:
    names = {layer.name for layer in content.layers}
    for role in content.case["layers"].values():
        if "layer" in role:
            assert role["layer"] in names


def test_figures_count_forest_and_grass_without_other_forest_land(content: package.Content) -> None:
    sums = figures.figures(content.watershed, content.layers)
    assert sums.forest_grass == sum(sums.landuse.get(c, 0) for c in ("0301", "0302", "0305", "0404"))
    assert layers.households_of(content.watershed, content.watershed.works.villages[0]) >= 12


def test_every_question_of_the_guide_is_answered_but_the_two_that_show_blanks(
    content: package.Content,
) -> None:
    from qingliu.core.guide.answers import META_KEY, from_text
    from qingliu.core.guide.stages import EPOCHS, stages, target_key
    from qingliu.core.practice import aims

    given = from_text(content.meta[META_KEY])
    asked = {q.key: q for stage in stages() for q in stage.questions}
    targets = {target_key(n, epoch) for n in range(1, 21) for epoch in EPOCHS}
    assert {k for k, q in asked.items() if not q.optional} | targets == (
        set(given) - {"priority.evidence"}
    ) | set(aims.OPEN)
    for key, question in asked.items():
        if key in given and question.options:
            assert set(given[key].value.split()) <= {o.key for o in question.options}


def test_targets_start_from_the_values_of_the_key_and_do_not_get_worse(content: package.Content) -> None:
    from qingliu.core.guide.answers import META_KEY, from_text

    given = from_text(content.meta[META_KEY])
    rate = float(given["target.1.present"].value)
    assert rate == round(_by_id(content)["C.1"], 1)
    assert rate < float(given["target.1.planned"].value) < float(given["target.1.horizon"].value) <= 100


def test_signed_duties_and_cards_are_those_of_built_measures_only(content: package.Content) -> None:
    built = {
        f.uuid
        for part in content.layers
        if part.name.startswith("measures")
        for f in part.features
        if f.values["status"] == "built"
    }
    cards = {k[len("layout.card.") :] for k in content.meta if k.startswith("layout.card.")}
    signed = {
        k[len("layout.confirm.") :].split("|")[0] for k in content.meta if k.startswith("layout.confirm.")
    }
    assert cards == built and signed and signed < built
