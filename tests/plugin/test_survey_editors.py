"""The editors of the survey dock: what is shown and not touched is what was stored."""

from __future__ import annotations

import pytest

MULTI = '{"变质岩","岩浆岩"}'


@pytest.fixture(scope="module")
def edition():
    from qingliu.core.standard import default_edition

    return default_edition()


def test_showing_any_row_of_the_practice_survey_changes_no_value(qtbot, practice_folder, edition):
    """Every cell of every table: a form that was only looked at has nothing to save."""
    from qingliu.layers.store import open_store
    from qingliu.ui.survey_cells import table_cells
    from qingliu.ui.survey_editors import editor_for
    from qingliu.ui.survey_tables import filled_tables

    seen, different = 0, []
    with open_store(practice_folder / "survey.gpkg", read_only=True) as store:
        for name in filled_tables(edition):
            cells = table_cells(edition, name)
            editors = {key: editor_for(cells, key) for key in cells.columns}
            for row in store.rows(name):
                for key, editor in editors.items():
                    stored = row.values.get(key)
                    editor.set_value(stored)
                    seen += stored is not None
                    if editor.entered() != stored:
                        different.append((name, key, stored, editor.entered()))
    assert different == []
    assert seen > 500


def test_several_keep_the_order_in_which_they_were_entered_until_one_is_changed(qtbot, edition):
    from qgis.PyQt.QtCore import Qt
    from qingliu.core.surveychecks.cells import codes_in
    from qingliu.ui.survey_cells import table_cells
    from qingliu.ui.survey_editors import SeveralEditor

    editor = SeveralEditor(table_cells(edition, "a1"), "rock_type")
    editor.set_value(MULTI)
    assert editor.value() == MULTI
    third = next(i for i in range(editor.box.count()) if str(editor.box.itemData(i)) not in codes_in(MULTI))
    editor.box.setItemCheckState(third, Qt.CheckState.Checked)
    assert set(codes_in(editor.value())) == {*codes_in(MULTI), str(editor.box.itemData(third))}
    editor.box.setItemCheckState(third, Qt.CheckState.Unchecked)
    assert editor.value() == MULTI
