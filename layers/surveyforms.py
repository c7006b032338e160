"""The form of a survey layer: widgets, aliases, defaults, constraints and tabs from its schema."""

from __future__ import annotations

from typing import Any, Iterable, Iterator, NamedTuple, Sequence

from qgis.core import (
    QgsAttributeEditorContainer,
    QgsAttributeEditorElement,
    QgsAttributeEditorField,
    QgsAttributeEditorRelation,
    QgsDefaultValue,
    QgsEditFormConfig,
    QgsEditorWidgetSetup,
    QgsExpression,
    QgsFieldConstraints,
    QgsRelation,
    QgsVectorLayer,
)

from .schema import AUDIT_NAMES, OWN, SURVEY, Field, StoreTable, field_title

_TABS = {"zh": ("填写", "记录", "照片"), "en": ("Data", "Record", "Photos")}
_AUTO = ("fid", "uuid", *AUDIT_NAMES)
_MULTILINE = {"description", "statement", "note"}


class FormContext(NamedTuple):
    """What forms point to: the labels' language, the layer of code lists, the layer of headers."""

    language: str
    codes: QgsVectorLayer
    sheets: QgsVectorLayer


def make_form(
    layer: QgsVectorLayer, table: StoreTable, context: FormContext, relations: Sequence[QgsRelation]
) -> None:
    """Put the schema of ``table`` into ``layer``."""
    for field in table.fields:
        index = layer.fields().indexOf(field.name)
        layer.setFieldAlias(index, field_title(field, context.language))
        layer.setEditorWidgetSetup(index, widget(field, table, context, relations))
        default = default_value(field, table, context)
        if default is not None:
            layer.setDefaultValueDefinition(index, default)
        _constrain(layer, index, field, context.language)
    layer.setDisplayExpression(display_expression(table))
    _arrange(layer, table, context, relations)


def display_expression(table: StoreTable) -> str:
    """What a row is called in lists."""
    for name in ("name", "natural_village", "channel_name", "unit_name", "table", "key"):
        if name in table.names:
            return f"coalesce({QgsExpression.quotedColumnRef(name)}, {QgsExpression.quotedColumnRef(_second(table))})"
    return QgsExpression.quotedColumnRef(_second(table))


def _second(table: StoreTable) -> str:
    return next((n for n in ("row_no", "uuid", "code") if n in table.names), table.names[0])


# -- widgets ------------------------------------------------------------------


def widget(
    field: Field, table: StoreTable, context: FormContext, relations: Iterable[QgsRelation]
) -> QgsEditorWidgetSetup:
    """The edit widget of a field."""
    if field.name == "version":
        return QgsEditorWidgetSetup("Hidden", {})
    if field.references:
        return _reference(f"qingliu_{table.name}_{field.name}_{field.references}", relations)
    if field.codes:
        return QgsEditorWidgetSetup("ValueRelation", _value_relation(field, context))
    if field.widget in ("photo", "file"):
        return QgsEditorWidgetSetup("ExternalResource", _attachment(field.widget == "photo"))
    if field.kind == "boolean":
        return QgsEditorWidgetSetup("ValueMap", _yes_no(context.language))
    return QgsEditorWidgetSetup(*_plain_widget(field))


# QGIS's own mark for "no value" in a value map (QgsValueMapFieldFormatter.NULL_VALUE)
_NO_VALUE = "{2839923C-8B7D-419E-B84B-CA2FE9B80EC7}"


def _yes_no(language: str) -> dict[str, Any]:
    """Yes, no or nothing. A check box would turn an empty field into "no" with the first save of its form."""
    yes, no = ("是", "否") if language == "zh" else ("yes", "no")
    return {"map": [{"": _NO_VALUE}, {yes: "true"}, {no: "false"}]}


def _plain_widget(field: Field) -> tuple[str, dict[str, Any]]:
    if field.kind == "date":
        return "DateTime", _calendar("yyyy-MM-dd")
    if field.kind == "datetime":
        return "DateTime", _calendar("yyyy-MM-dd HH:mm:ss")
    if field.kind == "integer" and field.min is not None and field.max is not None:
        limits = {
            "Min": int(field.min),
            "Max": int(field.max),
            "Step": 1,
            "AllowNull": True,
            "Style": "SpinBox",
        }
        return "Range", limits
    return "TextEdit", {"IsMultiline": field.name in _MULTILINE, "UseHtml": False}


def _calendar(shown: str) -> dict[str, Any]:
    stored = "yyyy-MM-dd" if len(shown) == 10 else "yyyy-MM-dd HH:mm:ss"
    return {"display_format": shown, "field_format": stored, "allow_null": True, "calendar_popup": True}


def _reference(relation_id: str, relations: Iterable[QgsRelation]) -> QgsEditorWidgetSetup:
    if not any(r.id() == relation_id for r in relations):
        return QgsEditorWidgetSetup("TextEdit", {})
    return QgsEditorWidgetSetup(
        "RelationReference",
        {"Relation": relation_id, "AllowNULL": True, "OrderByValue": True, "ShowForm": False,
         "MapIdentification": True, "AllowAddFeatures": False, "ReadOnly": False},
    )  # fmt: skip


def _value_relation(field: Field, context: FormContext) -> dict[str, Any]:
    codes = context.codes
    return {
        "Layer": codes.id(),
        "LayerName": codes.name(),
        "Key": "code",
        "Value": context.language,
        "AllowNull": True,
        "AllowMulti": field.kind == "list",
        "NofColumns": 1,
        "OrderByValue": False,
        "OrderByKey": False,
        "OrderByField": True,
        "OrderByFieldName": "position",
        "FilterExpression": code_filter(field),
        "UseCompleter": False,
    }


def code_filter(field: Field) -> str:
    """The expression that picks a field's entries from the code lists."""
    parts = [f'"list" = {QgsExpression.quotedString(field.codes or "")}']
    if field.code_parents:
        parts.append(f'"parent" IN ({", ".join(map(QgsExpression.quotedString, field.code_parents))})')
    if field.code_length is not None:
        parts.append(f'length("code") = {field.code_length}')
    if field.code_parent_field:
        owner = QgsExpression.quotedString(field.code_parent_field)
        parts.append(f'"parent" = current_value({owner})')
    return " AND ".join(parts)


def _attachment(photo: bool) -> dict[str, Any]:
    """A file beside the project, its path relative to it; no default folder (QField, Mergin)."""
    return {
        "DocumentViewer": 1 if photo else 0,
        "RelativeStorage": 1,
        "StorageMode": 0,
        "FileWidget": True,
        "FileWidgetButton": True,
        "FileWidgetFilter": "",
        "DocumentViewerHeight": 0,
        "DocumentViewerWidth": 0,
    }


# -- defaults and constraints -------------------------------------------------


def default_value(field: Field, table: StoreTable, context: FormContext) -> QgsDefaultValue | None:
    """What a new row starts with; the store writes the same when a row passes through it."""
    if field.name == "uuid":
        return QgsDefaultValue("uuid('WithoutBraces')", False)
    if field.name == "version":
        return QgsDefaultValue("1", False)
    if field.name == "created_at":
        return QgsDefaultValue("now()", False)
    if field.name == "created_by":
        return QgsDefaultValue("@user_full_name", False)
    if field.name == "sheet_uuid" and table.role == SURVEY:
        own = QgsExpression.quotedString(table.name)
        sheets = QgsExpression.quotedString(context.sheets.id())
        return QgsDefaultValue(f'aggregate({sheets}, \'min\', "uuid", "table" = {own})', False)
    return None


def constraint_expression(field: Field) -> str:
    """The condition a field's value must meet, empty where there is none; NULL always meets it."""
    name = QgsExpression.quotedColumnRef(field.name)
    parts = []
    if field.min is not None:
        parts.append(f"{name} >= {field.min:g}")
    if field.max is not None:
        parts.append(f"{name} <= {field.max:g}")
    if field.at_most:
        other = QgsExpression.quotedColumnRef(field.at_most)
        parts.append(f"({other} is null or {name} <= {other})")
    return f"{name} is null or ({' and '.join(parts)})" if parts else ""


def constraint_sentence(field: Field, language: str) -> str:
    """The condition in words."""
    title = field_title(field, language)
    low, high = field.min, field.max
    zh = language == "zh"
    parts = []
    if low is not None:
        parts.append(f"不小于 {low:g}" if zh else f"at least {low:g}")
    if high is not None:
        parts.append(f"不大于 {high:g}" if zh else f"at most {high:g}")
    if field.at_most:
        parts.append(f"不大于同一行的 {field.at_most}" if zh else f"at most {field.at_most} of the same row")
    return f"{title}：{'，'.join(parts)}" if zh else f"{title}: {', '.join(parts)}"


def _constrain(layer: QgsVectorLayer, index: int, field: Field, language: str) -> None:
    expression = constraint_expression(field)
    if not expression:
        return
    layer.setConstraintExpression(index, expression, constraint_sentence(field, language))
    strength = QgsFieldConstraints.ConstraintStrength
    # A condition on another field is only warned about: it blocks saving where that field is out of sight.
    soft = field.at_most is not None
    layer.setFieldConstraint(
        index,
        QgsFieldConstraints.Constraint.ConstraintExpression,
        strength.ConstraintStrengthSoft if soft else strength.ConstraintStrengthHard,
    )


# -- tabs ---------------------------------------------------------------------


def _arrange(
    layer: QgsVectorLayer, table: StoreTable, context: FormContext, relations: Sequence[QgsRelation]
) -> None:
    config = layer.editFormConfig()
    config.setLayout(QgsEditFormConfig.EditorLayout.TabLayout)
    config.clearTabs()
    data, record, photos = _TABS[context.language]
    config.addTab(_tab(data, _data_elements(layer, table, context.language)))
    names = ("fid", "uuid", "sheet_uuid", *AUDIT_NAMES)
    held = [n for n in names if layer.fields().indexOf(n) >= 0 and n != "version"]
    if table.role != OWN or table.tracked:
        config.addTab(_tab(record, _fields(layer, held)))
    pictures = [r for r in relations if r.id() == f"qingliu_photos_row_uuid_{table.name}"]
    if pictures:
        config.addTab(_tab(photos, map(_pictures, pictures)))
    for name in _AUTO:
        index = layer.fields().indexOf(name)
        if index >= 0:
            config.setReadOnly(index, True)
    layer.setEditFormConfig(config)


def _pictures(relation: QgsRelation) -> QgsAttributeEditorRelation:
    made = QgsAttributeEditorRelation(relation, None)
    made.setRelationWidgetTypeId("relation_editor")
    return made


def _tab(title: str, elements: Iterable[QgsAttributeEditorElement]) -> QgsAttributeEditorContainer:
    made = QgsAttributeEditorContainer(title, None)
    made.setIsGroupBox(False)  # a tab of its own
    for element in elements:
        made.addChildElement(element)
    return made


def _fields(layer: QgsVectorLayer, names: Iterable[str]) -> Iterator[QgsAttributeEditorElement]:
    for name in names:
        yield QgsAttributeEditorField(name, layer.fields().indexOf(name), None)


def _group_of(field: Field, language: str) -> str:
    """The printed group of a column; columns that the draft's table lacks stand together and say so."""
    if field.extra:
        return "补充列（原表未列）" if language == "zh" else "Added columns (not in the printed table)"
    return (field.group_zh if language == "zh" else field.group_en) or ""


def _data_elements(
    layer: QgsVectorLayer, table: StoreTable, language: str
) -> list[QgsAttributeEditorElement]:
    """The fields in order, those of one printed group of columns in a box."""
    elements: list[QgsAttributeEditorElement] = []
    box: QgsAttributeEditorContainer | None = None
    for field in table.fields:
        if field.name in _AUTO or field.hidden:
            continue
        made = QgsAttributeEditorField(field.name, layer.fields().indexOf(field.name), None)
        group = _group_of(field, language)
        if not group:
            elements.append(made)
            box = None
            continue
        if box is None or box.name() != group:
            box = QgsAttributeEditorContainer(group, None)
            box.setIsGroupBox(True)
            elements.append(box)
        box.addChildElement(made)
    return elements
