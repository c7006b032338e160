"""Zones edited by hand: what is wrong is found with its place, mended once, and then nothing is left to mend."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from qingliu.core.zoning.lattice import polygon_wkb, polygons_of
from qingliu.core.zoning.mending import Zone, area_by_kind, check_zones, mend


def box(x0, y0, x1, y1):
    return polygon_wkb([np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1], [x0, y0]], float)])


BOUNDARY = [box(0, 0, 100, 100)]
EDITED = [
    Zone(11, "protection", box(0, 0, 50, 100)),
    Zone(12, "regulation", box(48, 0, 100, 60)),
    Zone(13, "channel", box(50, 62, 103, 100)),
]


def applied(zones, changes):
    new = {c.id: c.wkb for c in changes}
    kept = [z._replace(wkb=new.get(z.id, z.wkb)) for z in zones]
    return [z for z in kept if z.wkb is not None]


def test_exact_zones_have_no_fault_and_nothing_to_mend():
    zones = [Zone(1, "protection", box(0, 0, 50, 100)), Zone(2, "regulation", box(50, 0, 100, 100))]
    check = check_zones(zones, BOUNDARY)
    assert check.clean and mend(check) == []


def test_gap_overlap_and_land_outside_are_found_with_area_heir_and_place():
    check = check_zones(EDITED, BOUNDARY)
    assert [(f.kind, f.area_m2, f.zones, f.heir) for f in check.faults] == [
        ("overlap", 120.0, (11, 12), 11),
        ("gap", 100.0, (12,), 12),
        ("outside", 114.0, (13,), None),
    ]
    assert (check.overlap_m2, check.gap_m2, check.outside_m2) == (120.0, 100.0, 114.0)
    assert check.faults[0].thin and not check.faults[2].thin
    assert area_by_kind(check) == {"protection": 5000.0, "regulation": 3120.0, "channel": 2014.0}


def test_mending_lists_who_wins_and_loses_and_leaves_a_partition():
    changes = mend(check_zones(EDITED, BOUNDARY))
    assert [(c.id, c.gained_m2, c.lost_m2) for c in changes] == [
        (11, 0.0, 0.0),
        (12, 100.0, 120.0),
        (13, 0.0, 114.0),
    ]
    again = check_zones(applied(EDITED, changes), BOUNDARY)
    assert again.clean and mend(again) == []


def test_only_the_chosen_faults_are_mended():
    check = check_zones(EDITED, BOUNDARY)
    changes = mend(check, [2])
    assert {c.id: c.lost_m2 for c in changes if c.lost_m2} == {13: 114.0}
    left = check_zones(applied(EDITED, changes), BOUNDARY)
    assert [f.kind for f in left.faults] == ["overlap", "gap"]


def test_the_zone_edited_last_keeps_an_overlap():
    check = check_zones(EDITED, BOUNDARY, keep=[12])
    assert check.faults[0].heir == 12


def test_a_gap_beside_the_channel_zone_goes_to_land_even_where_that_border_is_shorter():
    zones = [Zone(1, "channel", box(0, 0, 100, 50)), Zone(2, "regulation", box(0, 60, 100, 100)),
             Zone(3, "regulation", box(0, 50, 40, 60))]  # fmt: skip
    (gap,) = check_zones(zones, BOUNDARY).faults
    assert gap.heir == 2


def test_a_thin_piece_of_a_zone_is_a_sliver_and_joins_its_neighbour():
    zones = [Zone(1, "protection", box(0, 0, 50, 100)), Zone(2, "regulation", box(50, 0, 51, 100)),
             Zone(3, "regulation", box(51, 0, 100, 100))]  # fmt: skip
    check = check_zones(zones, BOUNDARY)
    assert [(f.kind, f.area_m2) for f in check.faults] == [("sliver", 100.0)]
    changes = mend(check)
    assert next(c for c in changes if c.id == 2).wkb is None
    assert check_zones(applied(zones, changes), BOUNDARY).clean


def test_a_neighbour_gets_the_node_that_mending_puts_on_its_border():
    zones = [Zone(1, "protection", box(0, 0, 50, 100)), Zone(2, "regulation", box(50, 0, 100, 40)),
             Zone(3, "regulation", box(50, 40, 100, 100))]  # fmt: skip
    (only,) = mend(check_zones(zones, BOUNDARY))
    assert (only.id, only.gained_m2, only.lost_m2) == (1, 0.0, 0.0)
    ring = next(polygons_of(only.wkb))[0]
    assert [50.0, 40.0] in ring.tolist()


@given(st.lists(st.tuples(*[st.integers(0, 40)] * 4), min_size=1, max_size=6), st.integers(0, 2))
def test_mending_any_boxes_leaves_nothing_to_mend(corners, kept):
    scale = 2.53
    zones = [
        Zone(
            i,
            ("protection", "regulation", "channel")[i % 3],
            box(*(scale * v for v in (x, y, x + w + 1, y + h + 1))),
        )
        for i, (x, y, w, h) in enumerate(corners)
    ]
    check = check_zones(zones, BOUNDARY, keep=[kept])
    assert (
        abs(sum(area_by_kind(check).values()) - sum(scale**2 * (w + 1) * (h + 1) for _, _, w, h in corners))
        < 1
    )
    after = applied(zones, mend(check))
    again = check_zones(after, BOUNDARY, keep=[kept])
    assert all(f.kind in ("gap", "sliver") for f in again.faults)
    if after:
        done = check_zones(applied(after, mend(again)), BOUNDARY)
        assert done.gap_m2 + done.overlap_m2 + done.outside_m2 == 0.0
