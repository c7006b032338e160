"""A round trip through Excel changes nothing: all tables, all kinds of columns, made-up values of every sort."""

from __future__ import annotations

import json
import math

import pytest

pytest.importorskip("openpyxl")
hypothesis = pytest.importorskip("hypothesis")
from hypothesis import HealthCheck, Phase, given, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402
from qingliu.core.printing import (  # noqa: E402
    StoredRow,
    compare,
    compare_header,
    form_of,
    read_sheet,
    sheets_of,
)
from qingliu.core.printing.cells import several  # noqa: E402
from qingliu.core.standard import default_edition  # noqa: E402

STORE = "store-1"
NASTY = [
    "=1+1", "+86", "-", "@x", "'", "''", "'=x", "007", "1e5", "2025-06-18", "是", "TRUE", "甲\n乙", "甲\r\n乙", " x ",
    "\t", '"引号"', "a,b;c", "_x000D_", "_x005F_x000D_", "x005F_", "<b>&amp;", "＝1", "\u200b", "𠀀", "#note",
    "#total", "合计", "注 a：", "#REF!", "#N/A", "nan", '{"a"}', "长" * 400, "\x0b", "\x1b", "\ufffe", "3.0",
]  # fmt: skip

TEXTS = st.sampled_from(NASTY) | st.text(
    st.characters(blacklist_categories=["Cs"], blacklist_characters="\0"), min_size=1, max_size=30
)


def within(column, low, high):
    return (
        low if column.low is None else max(low, column.low),
        high if column.high is None else min(high, column.high),
    )


def values_of(column):
    """Values that the store may hold in a column; null among them."""
    if column.kind == "number":
        low, high = within(column, -1e15, 1e15)
        made = st.floats(low, high, allow_nan=False) | st.sampled_from([0.0, 0.1 + 0.2, 1 / 3, 1.0])
    elif column.kind == "integer":
        low, high = within(column, -(2**63), 2**63 - 1)
        made = st.integers(math.ceil(low), math.floor(high))
    elif column.kind == "boolean":
        made = st.booleans()
    elif column.kind == "date":
        made = st.dates().map(lambda d: d.isoformat())
    elif column.kind == "enum":
        made = st.sampled_from([c.code for c in column.choices]) | TEXTS
    elif column.kind == "enum_multi":
        codes = st.lists(st.sampled_from([c.code for c in column.choices]), min_size=1, unique=True)
        made = codes.map(lambda v: "{" + ",".join(json.dumps(c, ensure_ascii=False) for c in v) + "}")
    else:
        made = TEXTS
    return st.none() | made


def rows_for(form):
    row = st.fixed_dictionaries({c.key: values_of(c) for c in form.columns})
    return st.lists(row, min_size=1, max_size=1 if form.one_row else 4)


def heads_for(form):
    return st.fixed_dictionaries({c.key: values_of(c) for c in form.header})


def through_excel(form, rows, head, folder):
    """The sheet that comes back from a workbook written for these rows, and the rows as stored."""
    from qingliu.layers.printing.excel import write_workbook
    from qingliu.layers.printing.workbooks import read_workbook

    stored = [StoredRow(f"u{n}", 3, {**row, "sheet_uuid": "h1"}) for n, row in enumerate(rows)]
    header = StoredRow("h1", 2, head)
    path = folder / f"{form.table}.xlsx"
    write_workbook(path, sheets_of(form, [header], stored, STORE))
    ((name, grid),) = read_workbook(path).items()
    return read_sheet(grid, name, form), stored, header


def never(table, uuid, version):
    raise AssertionError("the versions are those of the file")


FORMS = [form_of(t, default_edition()) for t in default_edition().tables.values()]
GENTLE = settings(
    max_examples=8,
    phases=[Phase.generate],
    deadline=None,
    suppress_health_check=list(HealthCheck),
    derandomize=True,
    database=None,
)


@pytest.mark.parametrize("form", FORMS, ids=lambda f: f.table)
@given(data=st.data())
@GENTLE
def test_what_nobody_touched_comes_back_without_a_difference(form, data, tmp_path_factory):
    rows, head = data.draw(rows_for(form)), data.draw(heads_for(form))
    sheet, stored, header = through_excel(form, rows, head, tmp_path_factory.mktemp("x"))
    found = compare([sheet], stored, never, STORE)
    assert found.differences == [] and found.changes == []
    assert compare_header(sheet, [header], never, STORE).differences == []
    assert not sheet.unknown and not sheet.lacking and len(sheet.rows) == len(rows)


def is_plain(column, value):
    """Whether a value can be written down and read again from the paper alone."""
    if value is None:
        return True
    if column.kind == "enum":
        return value in {c.code for c in column.choices}
    if column.kind != "text":
        return True
    plain = value.strip() and value.isprintable() and "x005F_" not in value
    return bool(plain) and value not in ("#REF!", "#N/A")


@pytest.mark.parametrize("form", FORMS, ids=lambda f: f.table)
@given(data=st.data())
@GENTLE
def test_a_form_filled_from_nothing_gives_the_very_values(form, data, tmp_path_factory):
    rows = data.draw(rows_for(form))
    rows = [{c.key: row[c.key] if is_plain(c, row[c.key]) else None for c in form.columns} for row in rows]
    sheet, stored, _ = through_excel(form, rows, {}, tmp_path_factory.mktemp("x"))
    empty = [StoredRow(r.uuid, r.version, {"sheet_uuid": "h1"}) for r in stored]
    found = compare([sheet], empty, never, STORE)
    assert found.faults() == []
    written = {c.uuid: c.values for c in found.changes}
    for row in stored:
        for column in form.columns:
            value, back = row.values[column.key], written.get(row.uuid, {}).get(column.key)
            if column.kind == "enum_multi":
                assert set(several(back)) == set(several(value))
            elif column.kind == "number" and value is not None:
                assert back == pytest.approx(value, rel=1e-14, abs=0)
            else:
                assert back == value, column.key


def test_every_kind_of_column_is_in_the_round_trip():
    kinds = {c.kind for f in FORMS for c in (*f.columns, *f.header)}
    assert kinds == {"number", "integer", "text", "enum", "enum_multi", "boolean", "date"}
