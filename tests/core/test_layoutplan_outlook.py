"""What a layout would make of C.1, C.2 and C.8, on squares whose shares a person can work out."""

from __future__ import annotations

import pytest
from qingliu.core.county import references
from qingliu.core.layoutplan.outlook import outlook
from qingliu.core.siting.examples import wkb_of
from qingliu.core.siting.ground import Ground
from qingliu.core.siting.model import Settings
from qingliu.core.siting.planar import ShapelyShapes
from qingliu.core.standard import default_edition

pytest.importorskip("shapely")
EDITION, SHAPES = default_edition(), ShapelyShapes()


def ground(**roles):
    found = Ground(SHAPES, Settings(references()))
    for role, rows in roles.items():
        found.give(role)
        for number, (kind, coordinates, attributes) in enumerate(rows):
            found.put(role, number, wkb_of(kind, coordinates), attributes)
    return found


def drawn(*rows):
    return [(key, SHAPES.read(wkb_of(kind, coordinates))) for key, kind, coordinates in rows]


def by_number(found):
    return {o.number: o for o in found}


EROSION = [("box", (0, 0, 100, 100), {"class": 1}), ("box", (100, 0, 150, 100), {"class": 2}),
           ("box", (150, 0, 200, 100), {"class": 4})]  # fmt: skip


def test_eroded_land_under_measures_counts_as_treated_once():
    """20,000 m², half of it eroded: 50 %. Terraces on 2500 m² of it, half of them overlapping: 62.5 %."""
    measures = drawn(("terrace", "box", (100, 0, 125, 100)), ("grass", "box", (112.5, 0, 125, 100)),
                     ("terrace", "box", (0, 0, 50, 100)), ("village_greening", "box", (150, 0, 200, 100)))  # fmt: skip
    rate = by_number(outlook(measures, ground(EROSION=EROSION), EDITION))[1]
    assert (rate.now, rate.planned) == pytest.approx((50.0, 62.5))


def test_planting_on_bare_land_adds_to_the_cover_and_on_forest_does_not():
    """4000 m² of forest of 10,000 m²; 1000 m² planted on bare land, 500 m² on the forest: 40 and 50 %."""
    land = [("box", (0, 0, 40, 100), {"code": "0301"}), ("box", (40, 0, 100, 100), {"code": "1206"})]
    measures = drawn(("conservation_forest", "box", (35, 0, 50, 100)), ("terrace", "box", (60, 0, 80, 100)))
    cover = by_number(outlook(measures, ground(LANDUSE=land), EDITION))[2]
    assert (cover.now, cover.planned) == pytest.approx((40.0, 50.0))


def test_hard_bank_along_ecological_protection_counts_as_ecological():
    """300 m of bank, 100 m natural, 200 m hard, 100 m of it protected (20 m beyond either end is beside it)."""
    banks = [
        ("line", ((0, 0), (100, 0)), {"bank_type": "自然"}),
        ("line", ((100, 0), (300, 0)), {"bank_type": "硬质"}),
    ]
    measures = drawn(("ecological_slope_protection", "line", ((140, 5), (200, 5))))
    ratio = by_number(outlook(measures, ground(BANKS=banks), EDITION))[17]
    # the belt of 20 m round a line 5 m off reaches √(400 − 25) m along the bank at either end
    assert (ratio.now, ratio.planned) == pytest.approx(
        (100 / 3, 100 * (100 + 60 + 2 * 375**0.5) / 300), abs=0.1
    )


def test_what_no_layer_tells_is_not_known_and_says_which():
    found = by_number(outlook([], ground(), EDITION))
    assert {n: (o.now, o.planned, o.missing) for n, o in found.items()} == {
        1: (None, None, "EROSION"), 2: (None, None, "LANDUSE"), 17: (None, None, "BANKS"),
    }  # fmt: skip


def test_an_empty_layout_leaves_everything_as_it_is():
    rate = by_number(outlook([], ground(EROSION=EROSION), EDITION))[1]
    assert rate.now == rate.planned == pytest.approx(50.0)
