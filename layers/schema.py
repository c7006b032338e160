"""What a survey store holds: tables, fields, names, units, constraints and code lists (ch. 4, 4.1.6).

The survey tables come from the edition in force (one YAML file a table), the located layers and
the store's own tables from ``resources/store/tables.yaml``. Store, forms, checks and printed
tables read this one definition; nothing here knows of SQLite or QGIS.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Iterator, Mapping, Optional, Tuple

from ..core.data import RESOURCES, load_yaml
from ..core.standard import CodeItem, Column, Edition, Table, default_edition

KINDS = ("text", "number", "integer", "boolean", "date", "datetime", "list")
SURVEY, LAYER, OWN = "survey", "layer", "own"


@dataclass(frozen=True)
class Field:
    """A field of the store: ``kind`` is one of KINDS; ``column`` the edition's column behind it.

    ``codes`` names the code list its values come from (``code_filter`` narrows it),
    ``at_most`` another field of the row that it must not exceed; ``hidden`` fields are the
    store's own business and stay out of forms.
    """

    name: str
    kind: str
    zh: str
    en: str
    unit: Optional[str] = None
    group_zh: Optional[str] = None
    group_en: Optional[str] = None
    codes: Optional[str] = None
    code_parents: Tuple[str, ...] = ()
    code_length: Optional[int] = None
    code_parent_field: Optional[str] = None
    min: Optional[float] = None
    max: Optional[float] = None
    warn_min: Optional[float] = None
    warn_max: Optional[float] = None
    at_most: Optional[str] = None
    references: Optional[str] = None
    widget: Optional[str] = None
    unique: bool = False
    required: bool = False
    hidden: bool = False
    extra: bool = False
    formula: Optional[str] = None
    note_zh: Optional[str] = None
    note_en: Optional[str] = None


@dataclass(frozen=True)
class StoreTable:
    """A table of the store; ``geometry`` is a GeoPackage type name, None for a plain table.

    ``role`` is SURVEY, LAYER or OWN. Rows of a ``tracked`` table have uuid and version and are
    saved with conflict check and change log; ``append_only`` tables are never changed. ``style`` is a style of
    resources/styles that is used instead of ``colour``.
    """

    name: str
    zh: str
    en: str
    role: str
    fields: Tuple[Field, ...]
    geometry: Optional[str] = None
    tracked: bool = True
    append_only: bool = False
    colour: str = "#888888"
    outline: bool = False
    style: Optional[str] = None
    table_id: Optional[str] = None

    def field(self, name: str) -> Field:
        """The field ``name``. Raises KeyError where there is none."""
        for found in self.fields:
            if found.name == name:
                return found
        raise KeyError(name)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the fields in order."""
        return tuple(f.name for f in self.fields)


UUID = Field("uuid", "text", "标识", "uuid", unique=True, required=True, hidden=True)
SHEET_UUID = Field("sheet_uuid", "text", "所属表头", "sheet", references="sheet", hidden=True)
AUDIT = (
    Field("version", "integer", "版本", "version", required=True, hidden=True),
    Field("created_at", "datetime", "建立时间", "created at", hidden=True),
    Field("created_by", "text", "建立人", "created by", hidden=True),
    Field("updated_at", "datetime", "修改时间", "updated at", hidden=True),
    Field("updated_by", "text", "修改人", "updated by", hidden=True),
)
AUDIT_NAMES = tuple(f.name for f in AUDIT)
NAME = Field("name", "text", "名称", "name")

_KIND_OF = {"enum": "text", "enum_multi": "list"}


@cache
def _own() -> Mapping[str, Any]:
    found: Mapping[str, Any] = load_yaml(RESOURCES / "store" / "tables.yaml")
    return found


def survey_field(table: Table, column: Column) -> Field:
    """The store's field for a column of a survey table."""
    rule = column.constraint
    codes = rule.codes or (f"{table.name}.{column.key}" if rule.enum else None)
    return Field(
        column.key,
        _KIND_OF.get(column.type, column.type),
        column.zh,
        column.en,
        unit=column.unit,
        group_zh=column.group_zh,
        group_en=column.group_en,
        codes=codes,
        code_parents=rule.within,
        code_length=rule.level,
        code_parent_field=rule.parent_column,
        min=rule.min,
        max=rule.max,
        warn_min=rule.warn_min,
        warn_max=rule.warn_max,
        at_most=rule.at_most,
        extra=column.extra,
        formula=column.formula,
        note_zh=column.note_zh,
        note_en=column.note_en,
    )


def survey_table(table: Table, layer_titles: Mapping[str, tuple[str, str]]) -> StoreTable:
    """The store's table for a survey table of the edition."""
    links = tuple(
        Field(f"{layer}_uuid", "text", *layer_titles.get(layer, (layer, layer)), references=layer)
        for layer in table.layers
    )
    columns = tuple(survey_field(table, c) for c in table.columns)
    fields = (UUID, SHEET_UUID, *columns, *links, *AUDIT)
    return StoreTable(table.name, table.title_zh, table.title_en, SURVEY, fields, table_id=table.id)


def _plain_fields(entries: list[dict[str, Any]]) -> tuple[Field, ...]:
    return tuple(Field(**entry) for entry in entries)


def _layer(name: str, entry: Mapping[str, Any]) -> StoreTable:
    fields = (UUID, NAME, *_plain_fields(entry.get("fields", [])), *AUDIT)
    return StoreTable(
        name, entry["zh"], entry["en"], LAYER, fields, entry["geometry"],
        colour=entry["colour"], outline=entry.get("outline", False),
        style=entry.get("style"),
    )  # fmt: skip


def _own_table(name: str, entry: Mapping[str, Any], edition: Edition) -> StoreTable:
    fields = _plain_fields(entry["fields"])
    if name == "sheet":
        head = tuple(
            Field(c.key, _KIND_OF.get(c.type, c.type), c.zh, c.en, unit=c.unit) for c in edition.sheet.columns
        )
        fields = (fields[0], *head, *fields[1:])
    tracked = entry.get("tracked", False)
    if tracked:
        fields = (UUID, *fields, *AUDIT)
    return StoreTable(
        name, entry["zh"], entry["en"], OWN, fields,
        tracked=tracked, append_only=entry.get("append_only", False),
    )  # fmt: skip


@cache
def _schema_of(edition: Edition) -> Mapping[str, StoreTable]:
    own = _own()
    titles = {name: (entry["zh"], entry["en"]) for name, entry in own["layers"].items()}
    surveys = [survey_table(t, titles) for t in edition.tables.values()]
    layers = [_layer(name, entry) for name, entry in own["layers"].items()]
    tables = [_own_table(name, entry, edition) for name, entry in own["tables"].items()]
    return {t.name: t for t in (*surveys, *layers, *tables)}


def store_schema(edition: Edition | None = None) -> Mapping[str, StoreTable]:
    """Every table of a survey store by name: survey tables, located layers, the store's own."""
    return _schema_of(edition or default_edition())


def code_lists(edition: Edition | None = None) -> dict[str, tuple[CodeItem, ...]]:
    """The code lists that the store's fields use, by id, with their entries in order."""
    edition = edition or default_edition()
    found = dict(_enumerations(edition))
    for name, items in _own()["lists"].items():
        found[name] = tuple(CodeItem(i["code"], i["zh"], i["en"]) for i in items)
    found.update(_from_edition(edition))
    used = {f.codes for t in store_schema(edition).values() for f in t.fields if f.codes}
    for name in sorted(used - set(found)):
        found[name] = edition.codelist(name).items
    return found


def _enumerations(edition: Edition) -> Iterator[tuple[str, tuple[CodeItem, ...]]]:
    for table in edition.tables.values():
        for column in table.columns:
            if column.constraint.enum:
                yield f"{table.name}.{column.key}", column.constraint.enum


def _from_edition(edition: Edition) -> dict[str, tuple[CodeItem, ...]]:
    """Lists made of other parts of the edition: tables, measures, zones, indicators, types."""
    table_a4 = edition.table("a4")
    return {
        "survey_tables": tuple(CodeItem(t.name, t.title_zh, t.title_en) for t in edition.tables.values()),
        "measures": tuple(CodeItem(m.key, m.name_zh, m.name_en) for m in edition.measures.values()),
        "zones": tuple(CodeItem(z.key, z.zh, z.en) for z in edition.zones.values()),
        "types": tuple(CodeItem(t.key, t.zh, t.en) for t in edition.types.values()),
        "a4_columns": tuple(CodeItem(c.key, c.zh, c.en) for c in table_a4.columns),
        "indicators": tuple(
            CodeItem(str(i.number), i.name_zh, i.name_en) for i in edition.indicators.values()
        ),
    }


def unit_label(unit: str | None, language: str = "zh", edition: Edition | None = None) -> str:
    """A unit as people write it (``hm2`` -> ``hm²``), the code itself where it is not listed."""
    if not unit:
        return ""
    return (edition or default_edition()).code_label("units", unit, language)


def field_title(field: Field, language: str = "zh") -> str:
    """The name of a field for people, with its unit in brackets."""
    name = field.zh if language == "zh" else field.en
    unit = unit_label(field.unit, language)
    return f"{name} ({unit})" if unit and f"({unit})" not in name else name


def with_fields(table: StoreTable, *fields: Field) -> StoreTable:
    """The table with further fields before those of the record's history."""
    keep = tuple(f for f in table.fields if f.name not in AUDIT_NAMES)
    tail = tuple(f for f in table.fields if f.name in AUDIT_NAMES)
    return replace(table, fields=(*keep, *fields, *tail))
