"""qingliu:mergefield: what comes back is listed, settled as decided, and nothing is lost."""

from __future__ import annotations

import csv
import importlib.util
import json
import shutil
from pathlib import Path

import pytest
from qgis.core import QgsProcessingException

_spec = importlib.util.spec_from_file_location("field_surveys", Path(__file__).with_name("field_surveys.py"))
fs = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(fs)


@pytest.fixture
def survey(tmp_path):
    return fs.make_survey(tmp_path / "调查 一")


@pytest.fixture
def package(run, survey, tmp_path):
    def made(folder="p", **more):
        target = tmp_path / folder
        run("qingliu:packagefield", {"SURVEY": str(survey), "OUTPUT_FOLDER": str(target), **more})
        return target

    return made


@pytest.fixture
def merge(run, survey, tmp_path):
    """merge(folder, apply, **parameters) -> (results, rows of the list)."""

    def done(folder, apply=False, **more):
        out = tmp_path / "differences.csv"
        found = run(
            "qingliu:mergefield",
            {"SURVEY": str(survey), "PACKAGE": str(folder), "APPLY": apply, "OUTPUT": str(out), **more},
        )
        with out.open(encoding="utf-8-sig", newline="") as stream:
            return found, list(csv.DictReader(stream))

    return done


def decisions(tmp_path, *lines):
    path = tmp_path / "decisions.csv"
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["table", "row_uuid", "field", "choice"])
        writer.writerows(lines)
    return str(path)


def everything(path):
    """All tracked rows of a survey, without their histories."""
    from qingliu.layers.store import open_store
    from qingliu.layers.store.writing import HISTORY

    with open_store(path, read_only=True) as store:
        return {
            (name, r.uuid): ({k: v for k, v in r.values.items() if k not in HISTORY}, r.wkb)
            for name, table in store.tables().items()
            if table.tracked
            for r in store.rows(name)
        }


def test_an_untouched_package_has_no_difference_and_changes_nothing(package, merge, survey):
    before = everything(survey)
    found, listed = merge(package(), apply=True)
    assert listed == [] and found["APPLIED"] == found["OPEN"] == 0
    assert everything(survey) == before


def test_what_the_device_entered_through_its_forms_arrives_whole(package, merge, survey):
    folder = package(PERSON="李清")
    with fs.Device(folder) as device:
        row = device.change("a7", "natural_village", "上店", households=37, main_income="茶")
        place = device.add(
            "villages",
            f"POINT({fs.X0 + 1500} {fs.Y0 + 600})",
            name="新村",
            gnss_accuracy_m=3.5,
            gnss_source="内置",
        )
        added = device.add("a7", natural_village="新村", villages_uuid=place, households=5)
        (folder / "DCIM" / "20250618101500.jpg").write_bytes(b"taken")
        photo = device.add("photos", path="DCIM/20250618101500.jpg", row_uuid=row)
    found, listed = merge(folder)
    kinds = {(d["table"], d["row_uuid"], d["field"]): d["kind"] for d in listed}
    assert kinds == {
        ("a7", row, "households"): "changed",
        ("a7", row, "main_income"): "changed",
        ("a7", added, ""): "new",
        ("villages", place, ""): "new",
        ("photos", photo, ""): "new",
    }
    changed = next(d for d in listed if d["field"] == "households")
    assert (changed["ours"], changed["theirs"], changed["base"], changed["who"]) == ("36", "37", "36", "李清")
    assert changed["when"] and found["APPLIED"] == 0
    assert fs.rows(survey, "a7")[row].values["households"] == 36  # nothing is written unasked
    found, listed = merge(folder, apply=True)
    assert found["APPLIED"] == 4 and {d["result"] for d in listed} == {"applied"}
    here = fs.rows(survey, "a7")
    assert here[row].values["households"] == 37 and here[row].values["updated_by"] == "李清"
    assert here[added].values["villages_uuid"] == place
    assert fs.rows(survey, "villages")[place].wkb == fs.point(1500, 600)
    picture = fs.rows(survey, "photos")[photo].values
    assert picture["table_name"] == "a7" and picture["row_uuid"] == row
    assert picture["path"].startswith(f"photos/a7_{row[:8]}_2") and picture["path"].endswith(".jpg")
    assert (survey.parent / picture["path"]).read_bytes() == b"taken"
    (said,) = [r.values for r in fs.rows(survey, "provenance").values() if r.values["row_uuid"] == place]
    assert (said["value"], said["unit"], said["text"], said["field"]) == (3.5, "m", "GNSS 内置", "geom")


def test_a_merge_is_one_save_after_a_backup_and_can_be_taken_back(package, merge, survey):
    from qingliu.layers.store import open_store
    from qingliu.layers.store.backups import backups_of
    from qingliu.layers.store.undo import undo

    folder = package()
    fs.device(folder, "UPDATE a7 SET households = households + 1")
    fs.device(folder, "UPDATE toilets SET name = '东头'")
    before = everything(survey)
    merge(folder, apply=True)
    assert backups_of(survey)[-1].reason == "mergefield"
    assert everything(survey) != before
    with open_store(survey) as store:
        last = store.changes_since(0)[-1]
        entries = [e for e in store.changes_since(0) if e.save_id == last.save_id]
        assert {e.table for e in entries} == {"a7", "toilets"} and len(entries) == 3
        undo(store, last.save_id)
    assert everything(survey) == before


def test_merging_twice_changes_nothing_more_and_a_package_may_go_out_again(package, merge, survey):
    folder = package()
    fs.device(folder, "UPDATE a7 SET households = 37 WHERE natural_village = '上店'")
    merge(folder, apply=True)
    after = everything(survey)
    assert merge(folder, apply=True)[1] == [] and everything(survey) == after
    fs.change_here(survey, "a7", "natural_village", "上店", households=40)  # the office corrects it
    assert merge(folder, apply=True)[1] == []
    fs.device(folder, "UPDATE a7 SET main_income = '茶' WHERE natural_village = '上店'")
    _, listed = merge(folder, apply=True)
    assert [(d["field"], d["kind"]) for d in listed] == [("main_income", "changed")]
    row = fs.row_named(survey, "a7", "natural_village", "上店").values
    assert (row["households"], row["main_income"]) == (40, "茶")


def test_two_devices_that_edited_the_same_village_merge_without_loss(package, merge, survey):
    one, two = package("one"), package("two")
    fs.device(one, "UPDATE a7 SET households = 37, main_income = '茶' WHERE natural_village = '上店'")
    fs.device(two, "UPDATE a7 SET township = '云岭镇' WHERE natural_village = '上店'")
    fs.device(two, "UPDATE a7 SET households = 13 WHERE natural_village = '下店'")
    with fs.Device(one) as device:
        device.add("a7", natural_village="甲")
    with fs.Device(two) as device:
        device.add("a7", natural_village="乙")
    assert merge(one, apply=True)[0]["OPEN"] == 0 and merge(two, apply=True)[0]["OPEN"] == 0
    here = {r.values["natural_village"]: r.values for r in fs.rows(survey, "a7").values()}
    assert set(here) == {"上店", "下店", "甲", "乙"}
    assert [here["上店"][k] for k in ("households", "main_income", "township")] == [37, "茶", "云岭镇"]
    assert here["下店"]["households"] == 13


# -- conflicts ------------------------------------------------------------------------


@pytest.mark.parametrize(("choice", "result", "waiting"), [(None, 40, 1), ("ours", 40, 0), ("theirs", 37, 0)])
def test_both_edited(package, merge, survey, tmp_path, choice, result, waiting):
    folder = package()
    fs.device(folder, "UPDATE a7 SET households = 37, main_income = '茶' WHERE natural_village = '上店'")
    uuid = fs.change_here(survey, "a7", "natural_village", "上店", households=40)
    more = {"DECISIONS": decisions(tmp_path, ("a7", uuid, "households", choice))} if choice else {}
    found, listed = merge(folder, apply=True, **more)
    both = next(d for d in listed if d["field"] == "households")
    assert (both["kind"], both["ours"], both["theirs"], both["base"]) == ("conflict", "40", "37", "36")
    assert found["OPEN"] == waiting and found["CONFLICTS"] == 1
    row = fs.rows(survey, "a7")[uuid].values
    assert row["households"] == result and row["main_income"] == "茶"
    again, listed = merge(folder, apply=True)
    assert again["CONFLICTS"] == waiting  # what is undecided is told again, what is settled is not
    assert fs.rows(survey, "a7")[uuid].values["households"] == result


@pytest.mark.parametrize(("choice", "there"), [(None, False), ("ours", False), ("theirs", True)])
def test_edited_there_and_deleted_here(package, merge, survey, tmp_path, choice, there):
    folder = package()
    fs.device(folder, "UPDATE toilets SET name = '东头'")
    uuid = fs.delete_here(survey, "toilets", "kind", "public")
    more = {"DECISIONS": decisions(tmp_path, ("toilets", uuid, "", choice))} if choice else {}
    found, listed = merge(folder, apply=True, **more)
    assert [(d["kind"], d["theirs"]) for d in listed] == [("deleted_here", '{"name": "东头"}')]
    assert (uuid in fs.rows(survey, "toilets")) is there and found["OPEN"] == (choice is None)
    if there:
        back = fs.rows(survey, "toilets")[uuid]
        assert (
            back.values["name"] == "东头"
            and back.values["kind"] == "public"
            and back.wkb == fs.point(600, 500)
        )


@pytest.mark.parametrize(
    ("delete", "choice", "edited", "there", "waiting"),
    [
        (False, None, False, True, 1),
        (True, None, False, False, 0),
        (True, "ours", False, True, 0),
        (True, None, True, True, 1),
        (False, "theirs", True, False, 0),
    ],
    ids=["listed only", "asked for", "kept", "edited here stays", "decided"],
)
def test_deleted_there(package, merge, survey, tmp_path, delete, choice, edited, there, waiting):
    folder = package()
    uuid = fs.row_named(survey, "toilets", "kind", "public").uuid
    fs.device(folder, "DELETE FROM toilets")
    if edited:
        fs.change_here(survey, "toilets", "kind", "public", name="西头")
    more = {"DECISIONS": decisions(tmp_path, ("toilets", uuid, "", choice))} if choice else {}
    found, listed = merge(folder, apply=True, DELETE=delete, **more)
    assert [d["kind"] for d in listed] == ["deleted_there"] and found["OPEN"] == waiting
    assert (uuid in fs.rows(survey, "toilets")) is there


def test_the_same_value_on_both_sides_is_no_conflict(package, merge, survey):
    folder = package()
    fs.device(folder, "UPDATE a7 SET households = 37 WHERE natural_village = '上店'")
    fs.change_here(survey, "a7", "natural_village", "上店", households=37)
    found, listed = merge(folder, apply=True)
    assert [(d["kind"], d["result"]) for d in listed] == [("same", "kept")] and found["APPLIED"] == 0


def test_both_added_the_same_row_differently(package, merge, survey, tmp_path):
    from qingliu.layers.store import Insert, open_store

    folder = package()
    uuid = "0e79e060-126f-404d-b865-fb4dbe863da9"
    fs.device(folder, "INSERT INTO toilets (uuid, name, kind) VALUES (?, '甲', 'public')", uuid)
    with open_store(survey) as store:
        store.save([Insert("toilets", {"name": "乙", "kind": "public"}, uuid=uuid)])
    found, listed = merge(folder, apply=True)
    assert [(d["field"], d["kind"], d["ours"], d["theirs"]) for d in listed] == [
        ("name", "conflict", "乙", "甲")
    ]
    assert found["OPEN"] == 1
    merge(folder, apply=True, DECISIONS=decisions(tmp_path, ("toilets", uuid, "name", "theirs")))
    assert fs.rows(survey, "toilets")[uuid].values["name"] == "甲"


def test_a_moved_place_is_compared_and_taken_over(package, merge, survey):
    from qingliu.layers.store.geometry import to_blob

    folder = package()
    fs.device(folder, "UPDATE villages SET geom = ? WHERE name = '上店'", to_blob(fs.point(310, 510), 4547))
    _, listed = merge(folder, apply=True)
    assert [(d["field"], d["kind"]) for d in listed] == [("geom", "changed")]
    assert listed[0]["ours"].startswith("Point (500300 3000500)")
    assert fs.row_named(survey, "villages", "name", "上店").wkb == fs.point(310, 510)


def test_rows_left_out_of_a_persons_package_are_not_deleted(package, merge, survey):
    fs.surveyors(survey, {"a7": "王岸"})
    folder = package(PERSON="赵渠")
    assert merge(folder, apply=True, DELETE=True)[1] == []
    assert len(fs.rows(survey, "a7")) == 2


def test_rows_of_a_checked_sheet_wait_until_it_is_opened_again_and_the_rest_is_merged(package, merge, survey):
    folder = package()
    fs.device(folder, "UPDATE a7 SET households = 37 WHERE natural_village = '上店'")
    with fs.Device(folder) as device:
        device.add("a7", natural_village="新村")
    fs.device(folder, "UPDATE toilets SET name = '东头'")
    fs.change_here(survey, "sheet", "table", "a7", state="checked")
    assert {p.code: p.facts for p in warnings_of(survey, folder)}["QL-FIELD-CHECKED"] == {
        "count": 2,
        "tables": "a7",
    }
    found, _ = merge(folder, apply=True)
    assert (found["OPEN"], found["APPLIED"]) == (2, 1)
    assert fs.row_named(survey, "toilets", "kind", "public").values["name"] == "东头"
    assert {r.values["households"] for r in fs.rows(survey, "a7").values()} == {36, 12}
    fs.change_here(survey, "sheet", "table", "a7", state="open")
    found, _ = merge(folder, apply=True)
    assert found["OPEN"] == 0 and {r.values["households"] for r in fs.rows(survey, "a7").values()} == {
        37,
        12,
        None,
    }


def test_a_value_that_fits_no_field_refuses_the_whole_merge_and_leaves_no_photo_behind(
    package, merge, survey
):
    folder = package()
    before = sorted(p.name for p in (survey.parent / "photos").iterdir())
    fs.device(folder, "UPDATE a7 SET households = 'viele' WHERE natural_village = '上店'")
    (folder / "DCIM" / "x.jpg").write_bytes(b"x")
    fs.device(folder, "INSERT INTO photos (uuid, path) VALUES ('p-1', 'DCIM/x.jpg')")
    with pytest.raises(QgsProcessingException, match="QL-STORE-VALUE"):
        merge(folder, apply=True)
    assert sorted(p.name for p in (survey.parent / "photos").iterdir()) == before
    assert fs.row_named(survey, "a7", "natural_village", "上店").values["households"] == 36
    assert len(fs.rows(survey, "photos")) == 2


# -- files ----------------------------------------------------------------------------


def warnings_of(survey, folder, apply=False):
    from qingliu.core.progress import SILENT
    from qingliu.layers.fieldmerge import (
        apply_package,
        checked_rows,
        compare_package,
        file_warnings,
        plan_files,
        settled,
    )
    from qingliu.layers.fieldread import find_package
    from qingliu.layers.store import open_store

    with open_store(survey, read_only=not apply) as store:
        found = compare_package(store, find_package(folder), SILENT)
        if apply:
            return apply_package(store, found, {}, SILENT).warnings
        done = settled(found, {})
        return [*found.warnings, *file_warnings(plan_files(store, found, done)), *checked_rows(found, done)]


def test_missing_files_orphans_and_paths_that_lead_out_are_told(package, merge, survey, tmp_path):
    folder = package()
    (tmp_path / "secret.txt").write_text("x")
    (folder / "DCIM" / "nobodys.jpg").write_bytes(b"x")
    (survey.parent / "photos" / "old.jpg").write_bytes(b"x")
    for n, path in enumerate(("DCIM/gone.jpg", "../secret.txt", "/etc/passwd")):
        fs.device(folder, f"INSERT INTO photos (uuid, path) VALUES ('p-{n}', ?)", path)
    told = {p.code: p.facts["files"] for p in warnings_of(survey, folder)}
    assert told == {
        "QL-FIELD-FILEMISSING": "DCIM/gone.jpg",
        "QL-FIELD-FILEOUTSIDE": "../secret.txt, /etc/passwd",
        "QL-FIELD-ORPHAN": "DCIM/nobodys.jpg",
        "QL-FIELD-ORPHANHERE": "photos/old.jpg",
    }
    merge(folder, apply=True)
    assert {p.name for p in (survey.parent / "photos").iterdir()} == {"a7_1.jpg", "村口 照片.jpg", "old.jpg"}
    assert {r.values["path"] for r in fs.rows(survey, "photos").values()} >= {
        "DCIM/gone.jpg",
        "../secret.txt",
    }


def test_photos_beside_the_project_as_mergin_maps_leaves_them_come_back(package, merge, survey):
    folder = package(TARGET="mergin")
    (folder / "20250618101500.jpg").write_bytes(b"taken")
    fs.device(folder, "INSERT INTO photos (uuid, path) VALUES ('p-1', '20250618101500.jpg')")
    merge(folder, apply=True)
    path = fs.rows(survey, "photos")["p-1"].values["path"]
    assert path.startswith("photos/") and (survey.parent / path).read_bytes() == b"taken"


def test_evidence_taken_in_the_field_comes_back_with_its_row(package, merge, survey):
    folder = package()
    (folder / "files").mkdir()
    (folder / "files" / "scan.pdf").write_bytes(b"scan")
    fs.device(folder, "UPDATE indicator_input SET evidence = 'files/scan.pdf' WHERE number = 3")
    merge(folder, apply=True)
    path = fs.row_named(survey, "indicator_input", "number", 3).values["evidence"]
    assert path.startswith("photos/indicator_input_") and path.endswith(".pdf")
    assert (survey.parent / path).read_bytes() == b"scan"
    assert merge(folder, apply=True)[1] == []


def test_a_photo_brought_while_something_else_stayed_open_is_not_brought_again(package, merge, survey):
    folder = package()
    fs.device(folder, "UPDATE a7 SET households = 37 WHERE natural_village = '上店'")
    fs.change_here(survey, "a7", "natural_village", "上店", households=40)
    (folder / "DCIM" / "x.jpg").write_bytes(b"x")
    fs.device(
        folder,
        "INSERT INTO photos (uuid, path, taken_at, row_uuid) "
        "SELECT 'p-1', 'DCIM/x.jpg', '2025-06-18T10:15:00Z', uuid FROM a7 WHERE natural_village = '下店'",
    )
    merge(folder, apply=True)
    _, listed = merge(folder, apply=True)
    kinds = {(d["table"], d["field"]): d["kind"] for d in listed}
    assert kinds == {("a7", "households"): "conflict", ("photos", "path"): "same"}
    assert len([p for p in (survey.parent / "photos").iterdir() if "20250618" in p.name]) == 1


def test_a_photo_without_a_place_gets_the_one_its_exif_says(package, merge, survey):
    image = pytest.importorskip("PIL.Image")
    folder = package()
    made = image.new("RGB", (8, 8))
    exif = made.getexif()
    exif[0x8825] = {1: "N", 2: (27.0, 6.0, 36.0), 3: "E", 4: (114.0, 0.0, 36.0)}
    made.save(folder / "DCIM" / "x.jpg", exif=exif)
    fs.device(folder, "INSERT INTO photos (uuid, path) VALUES ('p-1', 'DCIM/x.jpg')")
    merge(folder, apply=True)
    from qingliu.layers.planar import geometry_of

    # 36 seconds of longitude east of the zone's meridian at 27.11° N are 991 m
    found = geometry_of(fs.rows(survey, "photos")["p-1"].wkb).asPoint()
    assert found.x() == pytest.approx(500_991, abs=2) and found.y() == pytest.approx(2_999_800, abs=1_500)


# -- packages as they come ----------------------------------------------------------------


def test_the_geopackage_alone_a_project_or_another_place_will_do(package, merge, tmp_path):
    folder = package()
    fs.device(folder, "UPDATE toilets SET name = '东头'")
    elsewhere = tmp_path / "带回 来的"
    shutil.copytree(folder, elsewhere)
    alone = tmp_path / "alone"
    alone.mkdir()
    shutil.copy(fs.gpkg_of(folder), alone / "renamed by mail.gpkg")
    for given in (elsewhere, fs.gpkg_of(folder), fs.project_of(folder), alone / "renamed by mail.gpkg"):
        assert [d["kind"] for d in merge(given)[1]] == ["changed"]


def test_entries_still_in_the_write_ahead_log_are_read_and_the_package_stays_as_it_was(package, merge):
    import sqlite3

    folder = package()
    connection = sqlite3.connect(fs.gpkg_of(folder))
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("UPDATE a7 SET households = 37 WHERE natural_village = '上店'")
    connection.commit()
    wal = fs.gpkg_of(folder).with_name(fs.gpkg_of(folder).name + "-wal")
    before = wal.read_bytes()
    assert before and [d["kind"] for d in merge(folder)[1]] == ["changed"]
    assert wal.read_bytes() == before
    connection.close()


def test_a_conflicted_copy_beside_the_package_is_named_and_each_can_be_merged(package, merge):
    folder = package()
    copy = folder / "411600001 (conflicted copy).gpkg"
    shutil.copy(fs.gpkg_of(folder), copy)
    with pytest.raises(QgsProcessingException, match="QL-FIELD-TWOFILES"):
        merge(folder)
    assert merge(copy)[1] == []


def test_the_base_in_the_package_serves_where_the_surveys_own_is_gone(package, merge, survey):
    folder = package()
    fs.device(folder, "UPDATE toilets SET name = '东头'")
    shutil.rmtree(survey.parent / "survey.field")
    assert [d["kind"] for d in merge(folder)[1]] == ["changed"]
    shutil.rmtree(folder / ".qingliu")
    kinds = {(d["table"], d["kind"]) for d in merge(folder)[1]}
    assert kinds == {("toilets", "conflict"), ("photos", "same")}  # a file with an ASCII name inside
    assert "QL-FIELD-NOBASE" in {p.code for p in warnings_of(survey, folder)}


def _other_survey(package, folder):
    fs.device(folder, "UPDATE meta SET value = 'another' WHERE key = 'store_id'")


def _no_package(package, folder):
    fs.device(folder, "DELETE FROM meta WHERE key LIKE 'package_%'")


def _garbage(package, folder):
    fs.gpkg_of(folder).write_bytes(b"no database at all" * 100)


def _empty(package, folder):
    fs.gpkg_of(folder).write_bytes(b"")


def _climbing(package, folder):
    fs.device(folder, "UPDATE meta SET value = '../../x' WHERE key = 'package_id'")


def _cut_off(package, folder):
    path = fs.gpkg_of(folder)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


@pytest.mark.parametrize(
    ("work", "code"),
    [
        (_other_survey, "QL-FIELD-OTHERSURVEY"),
        (_no_package, "QL-FIELD-NOPACKAGE"),
        (_garbage, "QL-FIELD-NOPACKAGE"),
        (_empty, "QL-FIELD-NOPACKAGE"),
        (_climbing, "QL-FIELD-PACKAGEID"),
        (_cut_off, "QL-STORE-DAMAGED"),
    ],
)
def test_what_is_no_package_of_this_survey_is_refused_by_code(package, merge, survey, work, code):
    folder = package()
    work(package, folder)
    before = everything(survey)
    with pytest.raises(QgsProcessingException, match=code):
        merge(folder, apply=True)
    assert everything(survey) == before


def test_decisions_that_cannot_be_read_are_refused(package, merge, tmp_path):
    folder = package()
    (tmp_path / "bad.csv").write_text("table,row_uuid\na7,u\n", encoding="utf-8")
    with pytest.raises(QgsProcessingException, match="QL-FIELD-DECISIONS"):
        merge(folder, DECISIONS=str(tmp_path / "bad.csv"))
    with pytest.raises(QgsProcessingException, match="QL-FIELD-CHOICE"):
        merge(folder, DECISIONS=decisions(tmp_path, ("a7", "u", "", "mine")))
    with pytest.raises(QgsProcessingException, match="QL-FIELD-NODECISIONS"):
        merge(folder, DECISIONS=str(tmp_path / "gone.csv"))


# -- links ------------------------------------------------------------------------------


def test_a_deleted_row_to_which_others_point_stays_until_somebody_says_so(package, merge, survey, tmp_path):
    folder = package()
    fs.device(folder, "DELETE FROM villages WHERE name = '下店'")
    village = fs.row_named(survey, "villages", "name", "下店").uuid
    found, listed = merge(folder, apply=True, DELETE=True)
    assert found["OPEN"] == 1 and listed[0]["result"] == "open" and len(fs.rows(survey, "villages")) == 2
    chosen = decisions(tmp_path, ["villages", village, "", "theirs"])
    found, _ = merge(folder, apply=True, DECISIONS=chosen)
    assert found["OPEN"] == 0 and len(fs.rows(survey, "villages")) == 1


def test_a_deleted_row_that_nothing_points_to_any_more_goes(package, merge, survey):
    folder = package()
    fs.device(folder, "UPDATE a7 SET villages_uuid = NULL WHERE natural_village = '下店'")
    fs.device(folder, "DELETE FROM villages WHERE name = '下店'")
    found, _ = merge(folder, apply=True, DELETE=True)
    assert found["OPEN"] == 0 and len(fs.rows(survey, "villages")) == 1


def test_a_photo_of_a_row_that_was_deleted_here_comes_and_is_told(package, survey):
    from qingliu.core.progress import SILENT
    from qingliu.layers.fieldmerge import apply_package, compare_package
    from qingliu.layers.fieldread import find_package
    from qingliu.layers.store import Delete, open_store

    folder = package()
    row = fs.row_named(survey, "a7", "natural_village", "上店")
    (folder / "DCIM" / "n.jpg").write_bytes(b"n")
    fs.device(
        folder,
        "INSERT INTO photos (uuid, version, path, table_name, row_uuid) SELECT "
        "'11111111-1111-1111-1111-111111111111', 1, 'DCIM/n.jpg', 'a7', uuid FROM a7 WHERE natural_village = '上店'",
    )
    with open_store(survey, daily_backup=False) as store:
        store.save([Delete("a7", row.uuid, row.version)], why="test")
        found = compare_package(store, find_package(folder), SILENT)
        codes = [w.code for w in apply_package(store, found, {}, SILENT).warnings]
    assert "QL-FIELD-DANGLING" in codes and len(fs.rows(survey, "photos")) == 3


def changed_by_hand(folder, *statements):
    """What a device's database tool does to a package."""
    import sqlite3

    (file,) = folder.glob("*.gpkg")
    connection = sqlite3.connect(file)
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()


def test_uuids_in_braces_and_capitals_are_the_same_rows(package, merge, survey):
    back = package()
    changed_by_hand(back, "UPDATE a7 SET households = 37 WHERE natural_village = '上店'",
                    "UPDATE a7 SET uuid = '{' || upper(uuid) || '}'")  # fmt: skip
    before = everything(survey)
    found, listed = merge(back, apply=True)
    assert [(r["field"], r["kind"]) for r in listed] == [("households", "changed")]
    assert set(everything(survey)) == set(before) and found["APPLIED"] == 1


def test_a_new_row_without_a_uuid_comes_once_however_often_the_return_is_merged(package, merge, survey):
    back = package()
    changed_by_hand(
        back, "INSERT INTO a7 (uuid, natural_village) VALUES ('', '新村')",
        "UPDATE a7 SET households = 37 WHERE natural_village = '上店'",
        "DELETE FROM toilets",
    )  # fmt: skip
    first, _ = merge(back, apply=True)
    after = everything(survey)
    again, _ = merge(back, apply=True)
    names = [values["natural_village"] for (table, _), (values, _) in after.items() if table == "a7"]
    assert first["APPLIED"] == 2 and sorted(names) == ["上店", "下店", "新村"]
    assert again["APPLIED"] == 0 and everything(survey) == after


def test_tables_and_columns_that_did_not_come_back_are_told_and_nothing_is_deleted(package, merge, survey):
    from qgis.core import QgsProcessingFeedback

    back = package()
    changed_by_hand(back, "DROP TABLE a8", "ALTER TABLE a7 RENAME COLUMN households TO hh")
    before = everything(survey)
    from qgis import processing

    told = QgsProcessingFeedback(False)
    given = {"SURVEY": str(survey), "PACKAGE": str(back), "APPLY": True, "OUTPUT": "memory:"}
    processing.run("qingliu:mergefield", given, feedback=told)
    text = told.textLog()
    assert "QL-FIELD-NOTABLES: PACKAGE: tables that were packaged did not come back: a8" in text
    assert "QL-FIELD-NOCOLUMNS: a7" in text and "households" in text
    assert everything(survey) == before


def test_copies_of_one_package_from_two_devices_do_not_take_each_other_back(package, merge, survey, tmp_path):
    one = package("one")
    two = Path(shutil.copytree(one, tmp_path / "two"))
    old = Path(shutil.copytree(one, tmp_path / "old"))
    changed_by_hand(
        one, "UPDATE a7 SET households = 40, population = 100 WHERE natural_village = '上店'",
        "INSERT INTO a7 (uuid, natural_village) VALUES ('0c5d2b9e-0000-4000-8000-000000000001', '甲')",
    )  # fmt: skip
    changed_by_hand(two, "UPDATE a7 SET households = 41, drain_m = 5 WHERE natural_village = '上店'")
    assert merge(one, apply=True)[0]["OPEN"] == 0
    _, listed = merge(two, apply=True)
    assert sorted((d["field"], d["kind"]) for d in listed) == [
        ("drain_m", "changed"),
        ("households", "conflict"),
    ]
    uuid = listed[0]["row_uuid"]
    decided = decisions(tmp_path, ["a7", uuid, "households", "theirs"])
    assert merge(two, apply=True, DECISIONS=decided)[0]["OPEN"] == 0
    values = fs.row_named(survey, "a7", "natural_village", "上店").values
    assert [values[k] for k in ("households", "population", "drain_m")] == [41, 100, 5]
    after = everything(survey)
    for folder in (one, two, old):  # each is known as it is; the older state takes nothing back
        assert merge(folder, apply=True)[1] == [] and everything(survey) == after
    changed_by_hand(one, "UPDATE a7 SET main_income = '茶' WHERE natural_village = '上店'")
    assert [(d["field"], d["kind"]) for d in merge(one, apply=True)[1]] == [("main_income", "changed")]


def test_all_that_is_kept_of_a_package_goes_when_a_new_one_takes_its_place(package, merge, survey, tmp_path):
    def kept():
        return sorted(p.name for p in (survey.parent / "survey.field").iterdir())

    def id_of(folder):
        return json.loads((folder / "package.json").read_text("utf-8"))["id"]

    other = id_of(package("other"))
    one = package("one")
    before = id_of(one)
    two = Path(shutil.copytree(one, tmp_path / "two"))
    changed_by_hand(one, "UPDATE a7 SET households = 40 WHERE natural_village = '上店'")
    merge(one, apply=True)
    changed_by_hand(two, "UPDATE a7 SET drain_m = 5 WHERE natural_village = '上店'")
    merge(two, apply=True)
    states = [f"{before}.copy2.gpkg", f"{before}.first.gpkg", f"{before}.gpkg"]
    assert kept() == sorted([*states, f"{other}.gpkg"])
    now = id_of(package("one"))
    assert kept() == sorted([f"{now}.gpkg", f"{other}.gpkg"])


def test_a_copy_that_shares_one_entry_by_chance_takes_nothing_back_unasked(package, merge, survey, tmp_path):
    one = package("one")
    two = Path(shutil.copytree(one, tmp_path / "two"))
    changed_by_hand(one, "UPDATE a7 SET households = 40, population = 100 WHERE natural_village = '上店'")
    changed_by_hand(two, "UPDATE a7 SET households = 40 WHERE natural_village = '上店'")
    merge(one, apply=True)
    assert [(d["field"], d["kind"]) for d in merge(two, apply=True)[1]] == [("population", "conflict")]
    assert fs.row_named(survey, "a7", "natural_village", "上店").values["population"] == 100


def test_a_decision_about_nothing_that_differs_is_told(package, survey, tmp_path, provider):
    from qgis import processing
    from qgis.core import QgsProcessingFeedback

    back = package()
    changed_by_hand(back, "UPDATE a7 SET households = 37 WHERE natural_village = '上店'")
    told = QgsProcessingFeedback(False)
    given = {"SURVEY": str(survey), "PACKAGE": str(back), "OUTPUT": "memory:",
             "DECISIONS": decisions(tmp_path, ["a7", "nobody", "households", "theirs"])}  # fmt: skip
    processing.run("qingliu:mergefield", given, feedback=told)
    assert (
        "QL-FIELD-IDLE: DECISIONS: 1 line(s)" in told.textLog() and "a7 nobody households" in told.textLog()
    )
