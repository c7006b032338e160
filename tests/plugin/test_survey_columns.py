"""Every column of every printed table, the extensions too: filled in its form, kept, checked, printed, read back."""

from __future__ import annotations

import pytest
from qingliu.core.standard import default_edition

EDITION = default_edition()
COLUMNS = [(t.name, c.key) for t in EDITION.tables.values() for c in t.columns]
CRS = "EPSG:4547"


def limits(column):
    rule = column.constraint
    low = 0.0 if rule.min is None else rule.min
    return low, low + 100.0 if rule.max is None else rule.max


def two_values(column):
    """Two different values that a column takes, as the store keeps them."""
    items = EDITION.items(column)
    if column.type == "enum_multi":
        from qingliu.layers.store import multi_text

        return multi_text([items[0].code]), multi_text([items[0].code, items[-1].code])
    if items:
        codes = [i.code for i in items if i.parent is None] or [i.code for i in items]
        one, other = codes[0], codes[-1]
        return (int(one), int(other)) if column.type == "integer" else (one, other)
    low, high = limits(column)
    return {
        "number": (low + (high - low) * 0.25, low + (high - low) * 0.5),
        "integer": (int(low) + 1, int(low) + 2),
        "boolean": (True, False),
        "date": ("2025-06-18", "2025-07-01"),
    }.get(column.type, ("甲村", "乙村 2"))


def typed(editor, value):
    """Enter a value as a person does: type it, or choose it by its label."""
    from qgis.PyQt.QtCore import Qt
    from qingliu.core.surveychecks.cells import codes_in
    from qingliu.ui.survey_editors import ChoiceEditor, SeveralEditor, YesNoEditor

    if isinstance(editor, SeveralEditor):
        for code in codes_in(value):
            editor.box.setItemCheckState(editor.box.findData(code), Qt.CheckState.Checked)
    elif isinstance(editor, (ChoiceEditor, YesNoEditor)):
        editor.box.setCurrentIndex(editor.box.findText(editor.cells.shown(editor.key, value)))
    else:
        editor.line.setText(editor.cells.shown(editor.key, value))


def wrong_values(column):
    """Values that the checks must not let pass."""
    rule = column.constraint
    if column.type in ("number", "integer"):
        yield from () if rule.min is None else (rule.min - 1,)
        yield from () if rule.max is None else (rule.max + 1,)
        yield "viele"
    elif column.type == "enum":
        yield "no such code"
    elif column.type == "enum_multi":
        yield '{"no such code"}'


@pytest.fixture(scope="module")
def store(qgis_app, tmp_path_factory):
    from qgis.core import QgsCoordinateReferenceSystem
    from qingliu.layers.store import Insert, NewSurvey, create_store
    from qingliu.layers.storecrs import srs_of

    srs = srs_of(QgsCoordinateReferenceSystem(CRS))
    rows = [Insert(t.name, {}, uuid=f"row-{t.name}") for t in EDITION.tables.values()]
    path = tmp_path_factory.mktemp("columns") / "survey.gpkg"
    with create_store(path, NewSurvey("青柳沟", "", "livable", srs), rows=rows) as made:
        yield made


@pytest.fixture
def column(request):
    table, key = request.param
    return EDITION.tables[next(i for i, t in EDITION.tables.items() if t.name == table)], key


def each(**more):
    return pytest.mark.parametrize(
        "column", COLUMNS, ids=[".".join(c) for c in COLUMNS], indirect=True, **more
    )


@each()
def test_a_column_is_filled_in_its_form_and_the_store_keeps_it(qtbot, store, column):
    from qingliu.layers.store import Update
    from qingliu.ui.survey_cells import table_cells
    from qingliu.ui.survey_editors import editor_for

    table, key = column
    for value in two_values(next(c for c in table.columns if c.key == key)):
        editor = editor_for(table_cells(EDITION, table.name), key)
        qtbot.addWidget(editor)
        assert editor.value() is None
        typed(editor, value)
        assert editor.value() == value
        row = store.row(table.name, f"row-{table.name}")
        store.save([Update(table.name, row.uuid, row.version, {key: editor.value()})])
        kept = store.row(table.name, row.uuid).values[key]
        assert kept == value and type(kept) is type(value)


@each()
def test_a_wrong_value_of_a_column_is_told_and_a_right_one_is_not(column):
    from qingliu.core.surveychecks import Case, Row
    from qingliu.core.surveychecks.cells import check_cells

    table, key = column
    found = next(c for c in table.columns if c.key == key)

    def faults(value):
        case = Case(EDITION, {table.name: [Row(table.name, "r", {key: value})]})
        return [f for f in check_cells(case) if f.severity == "error" and f.field == key]

    assert all(not faults(value) for value in two_values(found))
    assert all(faults(value) for value in wrong_values(found))


@each()
def test_a_column_is_printed_and_what_is_changed_in_excel_comes_back(column, tmp_path):
    pytest.importorskip("openpyxl")
    from openpyxl import load_workbook
    from qingliu.core.printing import StoredRow, compare, form_of, read_sheet, sheets_of
    from qingliu.core.surveychecks.cells import codes_in
    from qingliu.layers.printing.excel import write_workbook
    from qingliu.layers.printing.workbooks import read_workbook

    table, key = column
    form = form_of(table, EDITION)
    old, new = two_values(next(c for c in table.columns if c.key == key))
    head = StoredRow("h", 1, {})

    def sheet(value):
        return sheets_of(form, [head], [StoredRow("u", 4, {key: value, "sheet_uuid": "h"})], "store")

    path = tmp_path / f"{table.name}.xlsx"
    write_workbook(path, sheet(old))
    blank = tmp_path / "blank.xlsx"
    write_workbook(blank, sheet(None))
    assert cells_of(load_workbook(path)) - cells_of(load_workbook(blank)), "the value is not on the sheet"
    write_workbook(path, sheet(new))
    ((name, grid),) = read_workbook(path).items()
    found = compare(
        [read_sheet(grid, name, form)],
        [StoredRow("u", 4, {key: old, "sheet_uuid": "h"})],
        lambda *_: None,
        "store",
    )
    assert [(d.field, d.kind) for d in found.differences] == [(key, "changed")]
    (value,) = (c.values[key] for c in found.changes)
    if EDITION.items(next(c for c in table.columns if c.key == key)):
        assert codes_in(value) == codes_in(new)
    else:
        assert value == new


def cells_of(workbook):
    return {
        (c.coordinate, str(c.value))
        for row in workbook.worksheets[0].iter_rows()
        for c in row
        if c.value is not None
    }


def test_the_columns_are_those_of_the_ten_tables_and_the_extensions():
    tables = {table for table, _ in COLUMNS}
    assert {*(f"a{n}" for n in range(1, 11)), "a6w", "a11x", "a12x"} == tables
    assert len(COLUMNS) > 150
