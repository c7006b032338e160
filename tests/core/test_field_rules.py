"""Secrecy marks, names and photos of field packages."""

from __future__ import annotations

import pytest
from qingliu.core.field.names import ascii_name, is_ascii_path, photo_name, safe_relative, stamp_of
from qingliu.core.field.photos import PhotoRow, plan_photos
from qingliu.core.field.secrecy import (
    CLASSIFIED,
    INTERNAL,
    PUBLIC,
    Decision,
    MarkedLayer,
    decision_record,
    mark_of,
    release_problems,
)

SIGNED = Decision("王局", "外业核实需要等高线")


@pytest.mark.parametrize(
    ("stored", "role", "mark"),
    [
        (None, "dem", INTERNAL),
        (None, "BASEMAP", INTERNAL),
        (None, "landuse", PUBLIC),
        ("public", "dem", PUBLIC),
        ("secret", "landuse", CLASSIFIED),
        ("geheim", "dem", INTERNAL),
    ],
)
def test_base_maps_and_dem_are_internal_until_somebody_marks_them(stored, role, mark):
    assert mark_of(stored, role) == mark


@pytest.mark.parametrize(
    ("mark", "target", "decision", "codes"),
    [
        (PUBLIC, "qfield", None, []),
        (PUBLIC, "mergin", None, []),
        (INTERNAL, "qfield", None, ["QL-FIELD-MARKED"]),
        (CLASSIFIED, "qfield", None, ["QL-FIELD-MARKED"]),
        (INTERNAL, "qfield", SIGNED, []),
        (CLASSIFIED, "qfield", SIGNED, []),
        (INTERNAL, "qfield", Decision("王局", " "), ["QL-FIELD-DECISION"]),
        (INTERNAL, "qfield", Decision("", "x"), ["QL-FIELD-DECISION"]),
        (INTERNAL, "mergin", SIGNED, ["QL-FIELD-CLOUD"]),
        (CLASSIFIED, "mergin", SIGNED, ["QL-FIELD-CLOUD"]),
    ],
)
def test_a_marked_layer_goes_only_by_a_named_decision_and_never_to_a_cloud(mark, target, decision, codes):
    assert [p.code for p in release_problems([MarkedLayer("地形图", mark)], target, decision)] == codes


def test_every_marked_layer_is_named_and_the_record_says_who_why_and_what():
    layers = [MarkedLayer("影像", PUBLIC), MarkedLayer("地形图", INTERNAL), MarkedLayer("DEM", CLASSIFIED)]
    told = release_problems(layers, "qfield")
    assert [p.facts["layer"] for p in told] == ["地形图", "DEM"]
    assert all(p.text("zh") and p.text("en") for p in told)
    assert decision_record(layers, "qfield", SIGNED) == {
        "layers": [{"layer": "地形图", "mark": "internal"}, {"layer": "DEM", "mark": "secret"}],
        "target": "qfield",
        "decided_by": "王局",
        "reason": "外业核实需要等高线",
    }


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("411600001", "411600001"),
        ("青柳沟", "qlg"),
        ("青柳沟 2/3", "qlg_2_3"),
        ("", "survey"),
        ("///", "survey"),
        ("../x", "x"),
        ("a" * 80, "a" * 60),
    ],
)
def test_names_are_ascii(text, name):
    assert ascii_name(text) == name


@pytest.mark.parametrize(
    ("text", "inside"),
    [
        ("DCIM/a.jpg", "DCIM/a.jpg"),
        ("DCIM\\a.jpg", "DCIM/a.jpg"),
        ("./a.jpg", "a.jpg"),
        ("../a.jpg", None),
        ("DCIM/../../a.jpg", None),
        ("/etc/passwd", None),
        ("C:\\a.jpg", None),
        ("\\\\host\\share\\a.jpg", None),
        ("", None),
        (".", None),
        (None, None),
        ("a\0b", None),
    ],
)
def test_only_relative_paths_that_stay_inside_are_taken(text, inside):
    found = safe_relative(text)
    assert (None if found is None else str(found)) == inside


def test_ascii_paths_and_stamps():
    assert is_ascii_path("DCIM/a_1.jpg") and not is_ascii_path("照片/a.jpg") and not is_ascii_path("a:b")
    assert stamp_of("2025-06-18T10:15:00.000Z") == "20250618-101500"
    assert stamp_of("2025-06-18") == "20250618" and stamp_of(None) == "" and stamp_of("noon") == ""


def test_a_photo_is_named_by_row_and_date_and_never_twice():
    name = photo_name("a7", "1b4e28ba-2fa1-11d2-883f-0016d3cca427", "2025-06-18T10:15:00Z", ".JPG", ())
    assert name == "a7_1b4e28ba_20250618-101500.jpg"
    again = photo_name("a7", "1b4e28ba-2fa1-11d2-883f-0016d3cca427", "2025-06-18T10:15:00Z", ".JPG", {name})
    assert again == "a7_1b4e28ba_20250618-101500_2.jpg"


def test_photos_move_missing_ones_and_orphans_are_told_and_nothing_outside_is_touched():
    row = "1b4e28ba-2fa1"
    rows = [
        PhotoRow("p1", "DCIM/IMG_1.jpg", "a7", row, "2025-06-18"),
        PhotoRow("p2", "dcim/img_2.JPG", "a7", row, "2025-06-18"),
        PhotoRow("p3", "DCIM/gone.jpg", "a7", row),
        PhotoRow("p4", "../../secret.jpg", "a7", row),
        PhotoRow("p5", None, "a7", row),
    ]
    files = {"DCIM/IMG_1.jpg", "DCIM/IMG_2.jpg", "DCIM/nobodys.jpg"}
    plan = plan_photos(rows, files, [r.path for r in rows if r.path], {"a7_1b4e28ba_20250618.jpg"})
    assert [(m.uuid, m.source, m.target) for m in plan.moves] == [
        ("p1", "DCIM/IMG_1.jpg", "photos/a7_1b4e28ba_20250618_2.jpg"),
        ("p2", "DCIM/IMG_2.jpg", "photos/a7_1b4e28ba_20250618_3.jpg"),
    ]
    assert [r.uuid for r in plan.missing] == ["p3"] and [r.uuid for r in plan.outside] == ["p4"]
    assert plan.orphans == ("DCIM/nobodys.jpg",)
