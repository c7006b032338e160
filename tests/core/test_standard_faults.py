"""Every fault of an edition is named at once: file, key and reason."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from qingliu.core.data import SAFE_LOADER
from qingliu.core.errors import EditionError
from qingliu.core.standard import editions, load_edition

TINY = Path(__file__).resolve().parent.parent / "data" / "editions" / "tiny"


@pytest.fixture
def tiny(tmp_path):
    return Path(shutil.copytree(TINY, tmp_path / "tiny"))


def faults(folder):
    with pytest.raises(EditionError) as caught:
        load_edition(folder)
    return [(p.code, p.facts["file"], p.facts["key"]) for p in caught.value.problems]


def replace(folder, file, old, new):
    path = folder / file
    content = path.read_text(encoding="utf-8")
    assert content.count(old) >= 1, old
    path.write_text(content.replace(old, new, 1), encoding="utf-8")


def test_a_second_tiny_edition_loads_with_its_own_types_zones_and_numbers():
    edition = load_edition(TINY)
    assert edition.id == "TINY-1"
    assert list(edition.types) == ["karst"]
    assert list(edition.zones) == ["everywhere"]
    assert edition.indicator(1).threshold("karst").value == "@rock_share"
    assert edition.rulings == {} and edition.standards == {} and edition.codelists == {}
    assert str(edition.links_to("table:T.1")[0]) == "clause:1.1"


ONE_FAULT = {
    "a mistyped key": (
        "figures/rocks.yaml",
        "order:",
        "ordr:",
        [("QL-STD-UNKNOWNKEY", "ordr"), ("QL-STD-MISSING", "order")],
    ),
    "a key written twice": (
        "figures/rocks.yaml",
        "order: 1",
        "order: 1\norder: 2",
        [("QL-STD-DUPLICATEKEY", "order")],
    ),
    "a text in one language only": (
        "measures/1_wall.yaml",
        "number: 1",
        "number: 1\nnote_en: only English",
        [("QL-STD-LANGUAGE", "note_zh")],
    ),
    "an empty text": (
        "tables/t1.yaml",
        "title_zh: 裸岩表",
        "title_zh: ''",
        [("QL-STD-MISSING", "title_zh"), ("QL-STD-LANGUAGE", "title_zh")],
    ),
    "a number where text is wanted": (
        "clauses/1.yaml",
        "id: '1.2'",
        "id: 1.2",
        [("QL-STD-NOTTEXT", "[2].id")],
    ),
    "text where a whole number is wanted": (
        "figures/rocks.yaml",
        "order: 1",
        "order: first",
        [("QL-STD-NOTINTEGER", "order")],
    ),
    "text where a number is wanted": (
        "tables/t1.yaml",
        "min: 0",
        "min: none",
        [("QL-STD-NOTNUMBER", "columns[1].constraint.min")],
    ),
    "text where yes or no is wanted": (
        "tables/t1.yaml",
        "id: T.1",
        "id: T.1\ntotal_row: sometimes",
        [("QL-STD-NOTYESNO", "total_row")],
    ),
    "a mapping where a list is wanted": (
        "edition.yaml",
        "measure_groups:\n  - {key",
        "measure_groups:\n  {key",
        [("QL-STD-NOTLIST", "measure_groups")],
    ),
    "a list where a mapping is wanted": (
        "tables/t1.yaml",
        "constraint: {min: 0}",
        "constraint: [0]",
        [("QL-STD-NOTMAPPING", "columns[1].constraint")],
    ),
    "a bad level": ("clauses/1.yaml", "level: required", "level: must", [("QL-STD-CHOICE", "[1].level")]),
    "a clause that does not exist": (
        "figures/rocks.yaml",
        "'1.1'",
        "'1.9'",
        [("QL-STD-NOREFERENCE", "required_by")],
    ),
    "a governed thing that does not exist": (
        "clauses/1.yaml",
        "figure:rocks",
        "figure:stones",
        [("QL-STD-NOREFERENCE", "[1].governs[6]")],
    ),
    "a link of no known kind": (
        "clauses/1.yaml",
        "figure:rocks",
        "picture:rocks",
        [("QL-STD-NOKIND", "[1].governs[6]")],
    ),
    "a threshold of an unknown type": (
        "indicators/1_rock.yaml",
        "[karst]",
        "[karst, desert]",
        [("QL-STD-NOREFERENCE", "thresholds[1].types[2]")],
    ),
    "a type without threshold": (
        "edition.yaml",
        "types:",
        "types:\n  - {key: dry, zh: 旱, en: dry}",
        [("QL-STD-MISSING", "marks.dry"), ("QL-STD-CELLS", "thresholds")],
    ),
    "a mark for an unknown type": (
        "measures/1_wall.yaml",
        "{karst: major}",
        "{karst: major, dry: minor}",
        [("QL-STD-NOREFERENCE", "marks.dry")],
    ),
    "a mark that is none": (
        "measures/1_wall.yaml",
        "karst: major",
        "karst: star",
        [("QL-STD-CHOICE", "marks.karst")],
    ),
    "a parameter that does not exist": (
        "measures/1_wall.yaml",
        "@no_cultivation_slope_deg",
        "@steepness",
        [("QL-STD-NOREFERENCE", "rules[1].when[1].value")],
    ),
    "a county input that does not exist": (
        "indicators/1_rock.yaml",
        "@rock_share",
        "@stones",
        [("QL-STD-NOREFERENCE", "thresholds[1].value")],
    ),
    "an attribute that does not exist": (
        "measures/1_wall.yaml",
        "slope_deg, op",
        "steepness, op",
        [("QL-STD-NOREFERENCE", "rules[1].when[1].attr")],
    ),
    "a unit that is not the attribute's": (
        "measures/1_wall.yaml",
        "unit: degree",
        "unit: percent",
        [("QL-STD-CHOICE", "rules[1].when[1].unit")],
    ),
    "half a condition": ("measures/1_wall.yaml", "op: <=, ", "", [("QL-STD-CONDITION", "rules[1].when[1]")]),
    "a standard rule without its standard": (
        "measures/1_wall.yaml",
        "effect: permit",
        "effect: design_standard",
        [("QL-STD-MISSING", "rules[1].standards")],
    ),
    "a default above its maximum": (
        "parameters.yaml",
        "default: 15",
        "default: 16",
        [("QL-STD-RANGE", "[1].default")],
    ),
    "a clause parameter without clause": (
        "parameters.yaml",
        "clauses: ['1.1']",
        "clauses: []",
        [("QL-STD-MISSING", "[1].clauses")],
    ),
    "a range upside down": (
        "tables/t1.yaml",
        "{min: 0}",
        "{min: 9, max: 1}",
        [("QL-STD-RANGE", "columns[1].constraint")],
    ),
    "an enumeration without values": (
        "tables/t1.yaml",
        "type: number",
        "type: enum",
        [("QL-STD-ENUM", "columns[1].constraint")],
    ),
    "a column that does not exist": (
        "indicators/1_rock.yaml",
        "T.1.rock_hm2",
        "T.1.rocks",
        [("QL-STD-NOREFERENCE", "formula.variables[1].columns[1]")],
    ),
    "a layer that does not exist": (
        "tables/t1.yaml",
        "id: T.1",
        "id: T.1\nlayers: [rocks]",
        [("QL-STD-NOREFERENCE", "layers[1]")],
    ),
    "a file that is no YAML": (
        "figures/rocks.yaml",
        "key: rocks",
        "key: [rocks",
        [("QL-STD-UNREADABLE", "-")],
    ),
}


@pytest.mark.parametrize("case", list(ONE_FAULT), ids=str)
def test_each_fault_is_named_with_file_and_key(tiny, case):
    file, old, new, expected = ONE_FAULT[case]
    replace(tiny, file, old, new)
    found = [(code, key) for code, where, key in faults(tiny)]
    for fault in expected:
        assert fault in found


def test_the_file_of_a_fault_is_named_relative_to_the_edition(tiny):
    replace(tiny, "figures/rocks.yaml", "order: 1", "order: first")
    assert ("QL-STD-NOTINTEGER", "figures/rocks.yaml", "order") in faults(tiny)


def test_all_faults_of_all_files_come_in_one_list(tiny):
    for file, old, new in (
        ("figures/rocks.yaml", "order: 1", "order: first"),
        ("tables/t1.yaml", "min: 0", "min: none"),
        ("measures/1_wall.yaml", "zone: everywhere", "zone: nowhere"),
        ("indicators/1_rock.yaml", "group: all", "group: some"),
    ):
        replace(tiny, file, old, new)
    found = {(code, file) for code, file, _ in faults(tiny)}
    assert {
        ("QL-STD-NOTINTEGER", "figures/rocks.yaml"),
        ("QL-STD-NOTNUMBER", "tables/t1.yaml"),
        ("QL-STD-NOREFERENCE", "measures/1_wall.yaml"),
        ("QL-STD-NOREFERENCE", "indicators/1_rock.yaml"),
    } <= found


def test_a_record_at_fault_still_counts_as_known_so_that_one_fault_stays_one(tiny):
    replace(tiny, "tables/t1.yaml", "title_en: Bare rock", "title_en: 7")
    assert [code for code, _, _ in faults(tiny) if code == "QL-STD-NOREFERENCE"] == [
        "QL-STD-NOREFERENCE"  # the indicator's column, whose table could not be read
    ]


@pytest.mark.parametrize(
    ("file", "name"),
    [("figures/rocks.yaml", "rocks"), ("tables/t1.yaml", "T.1"), ("measures/1_wall.yaml", "wall")],
    ids=["figure", "table", "measure"],
)
def test_an_id_defined_in_two_files_is_a_fault(tiny, file, name):
    shutil.copy(tiny / file, (tiny / file).with_name("again.yaml"))
    with pytest.raises(EditionError) as caught:
        load_edition(tiny)
    assert name in [p.facts.get("name") for p in caught.value.problems if p.code == "QL-STD-DUPLICATE"]


@pytest.mark.parametrize("stray", ["tabels/t2.yaml", "tables/old/t2.yaml", "notes.yaml", "tables/t2.yml"])
def test_a_file_that_nothing_reads_is_a_fault(tiny, stray):
    (tiny / stray).parent.mkdir(parents=True, exist_ok=True)
    (tiny / stray).write_text("id: T.2", encoding="utf-8")
    assert faults(tiny) == [("QL-STD-STRAY", stray, "-")]


def test_a_folder_without_edition_yaml_is_no_edition(tmp_path):
    assert faults(tmp_path) == [("QL-STD-NOFILE", "edition.yaml", "-")]
    assert editions(tmp_path) == editions()


def test_faults_read_in_both_languages_and_name_file_and_key(tiny):
    replace(tiny, "figures/rocks.yaml", "order: 1", "order: first")
    with pytest.raises(EditionError) as caught:
        load_edition(tiny)
    for language in ("zh", "en"):
        assert "figures/rocks.yaml" in caught.value.text(language)
        assert "order" in caught.value.text(language)


# --- whatever is written, the answer is a list of faults ----------------------------------------

FILES = sorted(p.relative_to(TINY).as_posix() for p in TINY.rglob("*.yaml"))
JUNK = st.sampled_from(
    [None, "", "x", "@x", 0, -1, 2.5, True, [], {}, [[]], [None], {"a": 1}, "1.1", "karst"]
)


def _paths(node, here=()):
    yield here
    items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in items:
        yield from _paths(value, (*here, key))


@given(data=st.data())
def test_any_damage_to_any_file_is_reported_and_never_crashes(data, tmp_path_factory):
    folder = Path(shutil.copytree(TINY, tmp_path_factory.mktemp("damaged") / "tiny"))
    path = folder / data.draw(st.sampled_from(FILES))
    content = yaml.load(path.read_text(encoding="utf-8"), Loader=SAFE_LOADER)
    where = data.draw(st.sampled_from(list(_paths(content))))
    if where:
        node = content
        for key in where[:-1]:
            node = node[key]
        node[where[-1]] = data.draw(JUNK)
    else:
        content = data.draw(JUNK)
    path.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    try:
        load_edition(folder)
    except EditionError as error:
        assert all(p.facts["file"] for p in error.problems)
