"""What an edition of the standard consists of, as immutable records.

Each class is at once the description of its YAML: a field without a default must be there, a
key that is no field is a fault (:mod:`.reading` builds records from files by these classes).
Fields ending in ``_zh`` and ``_en`` (or named ``zh`` and ``en``) come in pairs.

``basis`` says how a fact was had: ``verbatim`` (cut from the draft), ``derived`` (our reading
of it, or our own) or ``unverified`` (from memory or a third-party copy).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Mapping, Optional, Tuple

from .. import language as _language

LEVELS = ("required", "recommended", "permitted", "unmarked")
BASES = ("verbatim", "derived", "unverified")
SEVERITY_OF_LEVEL = {
    "required": "error",
    "recommended": "warning",
    "permitted": "note",
    "unmarked": "note",
}
COMPARISONS = (">=", ">", "<=", "<", "class_not_worse_than")
OPERATORS = (*COMPARISONS, "forbidden", "qualitative", "any_of", "not_applicable")
EFFECTS = (
    "require",
    "prefer",
    "permit",
    "avoid",
    "forbid",
    "require_with",
    "dimension",
    "attribute",
    "design_standard",
    "require_quality",
)


def one_of(*choices: str, default: Any = ...) -> Any:
    """A dataclass field that takes one of ``choices``."""
    if default is ...:
        return field(metadata={"choices": choices})
    return field(default=default, metadata={"choices": choices})


def text(record: Any, stem: str = "", language: str | None = None) -> str:
    """The text ``stem`` of a record in ``language`` ("zh" or "en"; default: the interface's).

    ``text(clause)`` reads ``clause.zh``, ``text(measure, "name")`` reads ``measure.name_zh``;
    a text that the record lacks is the empty string.
    """
    lang = language or _language.current()
    return getattr(record, f"{stem}_{lang}" if stem else lang) or ""


# --- the edition itself ----------------------------------------------------------------------


@dataclass(frozen=True)
class Named:
    """A key with its name in both languages: a type, a zone, a group, a chapter, a section."""

    key: str
    zh: str
    en: str
    clause: Optional[str] = None


@dataclass(frozen=True)
class Wording:
    """A row of the draft's wording table: which word makes a sentence how strict."""

    word: str
    equivalents: Tuple[str, ...]
    level: str = one_of(*LEVELS)
    degree_zh: str = ""
    degree_en: str = ""


@dataclass(frozen=True)
class Rule:
    """A rule of chapter 7 that holds for all indicators (who passes, which data count)."""

    key: str
    clause: str
    zh: str
    en: str


@dataclass(frozen=True)
class CountyInput:
    """A number that the standard takes from the county profile, named ``@key`` in thresholds."""

    key: str
    zh: str
    en: str
    unit: Optional[str] = None
    minimum: Optional[float] = None
    maximum: Optional[float] = None
    codes: Optional[str] = None


@dataclass(frozen=True)
class Header:
    """``edition.yaml``: what the edition is and the names its other files may use."""

    id: str
    number: str
    title_zh: str
    title_en: str
    status_zh: str
    status_en: str
    types: Tuple[Named, ...]
    zones: Tuple[Named, ...]
    chapters: Tuple[Named, ...]
    sections: Tuple[Named, ...] = ()
    measure_groups: Tuple[Named, ...] = ()
    indicator_groups: Tuple[Named, ...] = ()
    wording: Tuple[Wording, ...] = ()
    rules: Tuple[Rule, ...] = ()
    county_inputs: Tuple[CountyInput, ...] = ()
    replaces: Optional[str] = None
    in_force: Optional[str] = None
    marks_zh: str = ""
    marks_en: str = ""
    notes_zh: Tuple[str, ...] = ()
    notes_en: Tuple[str, ...] = ()


@dataclass(frozen=True)
class Clause:
    """A clause, item, sub-item or explanatory note, paraphrased; what it asks and what it governs.

    ``id`` is unique, ``printed_id`` what the draft prints (they differ where it misnumbers).
    ``level`` follows the wording table, ``words`` are the words found.
    """

    id: str
    printed_id: str
    zh: str
    en: str
    use_zh: str
    use_en: str
    kind: str = one_of("clause", "item", "subitem", "note", "appendix", "table", "formula")
    level: str = one_of(*LEVELS)
    computable: str = one_of("none", "check", "geometry", "formula")
    basis: str = one_of(*BASES)
    parent: Optional[str] = None
    section: Optional[str] = None
    words: Tuple[str, ...] = ()
    governs: Tuple[str, ...] = ()
    standards: Tuple[str, ...] = ()
    rulings: Tuple[int, ...] = ()
    term_zh: Optional[str] = None
    term_en: Optional[str] = None

    @property
    def chapter(self) -> str:
        """Number of the chapter, read from the id (``CM-6.1.2`` and ``6.1.2`` both give ``6``)."""
        return self.id.replace("CM-", "", 1).split(".")[0].split("-")[0]

    @property
    def severity(self) -> str:
        """How a breach is reported: ``error``, ``warning`` or ``note``."""
        return SEVERITY_OF_LEVEL[self.level]


@dataclass(frozen=True)
class Ruling:
    """A contradiction, gap or misprint of the draft and how Qingliu settles it."""

    number: int
    issue_zh: str
    issue_en: str
    ruling_zh: str
    ruling_en: str
    kind: str = one_of("contradiction", "gap", "misprint")
    touches: Tuple[str, ...] = ()


@dataclass(frozen=True)
class CitedStandard:
    """A standard that the draft lists in 1.0.4 or cites in its text."""

    number: str
    title_zh: str
    title_en: str
    listed: bool
    cited_by: Tuple[str, ...] = ()
    printed: Optional[str] = None
    edition: Optional[str] = None
    note_zh: Optional[str] = None
    note_en: Optional[str] = None
    basis: str = one_of(*BASES, default="unverified")


@dataclass(frozen=True)
class Parameter:
    """A number or choice that rules and algorithms use.

    ``source`` is ``clause`` (the standard fixes it, see ``clauses``) or ``ours`` (it does not:
    a default with its reason, which the user may change).
    """

    key: str
    zh: str
    en: str
    default: Any
    reason_zh: str
    reason_en: str
    source: str = one_of("clause", "ours")
    basis: str = one_of(*BASES)
    group: str = one_of("survey", "siting", "zoning", "erosion", "evaluation", "terrain", "mapping", "checks")
    unit: Optional[str] = None
    operator: Optional[str] = one_of(">", ">=", "<", "<=", default=None)
    clauses: Tuple[str, ...] = ()
    minimum: Optional[float] = None
    maximum: Optional[float] = None
    choices: Tuple[str, ...] = ()


# --- measures --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Condition:
    """A test on one attribute of the place, or a group of tests (``any`` or ``all``).

    ``value`` may be ``@parameter``. ``quantified`` is false where the standard gives a word
    (坡度较缓) and no number; then the attribute's value in ``siting.yaml`` says how we test it.
    A test that ``ranks`` orders the places and excludes none. Where a ``ruling`` settled a
    contradiction, ``printed_op`` keeps the printed operator.
    """

    attr: Optional[str] = None
    op: Optional[str] = one_of("in", "is", "=", ">", ">=", "<", "<=", "between", default=None)
    value: Any = None
    unit: Optional[str] = None
    quantified: bool = True
    inclusive: Optional[str] = one_of("both", "neither", "low", "high", default=None)
    ranks: bool = False
    ruling: Optional[int] = None
    printed_op: Optional[str] = None
    any: Tuple[Condition, ...] = ()
    all: Tuple[Condition, ...] = ()

    def tests(self) -> tuple[Condition, ...]:
        """The single tests in it, groups resolved."""
        if self.attr is not None:
            return (self,)
        return tuple(t for c in self.any + self.all for t in c.tests())


@dataclass(frozen=True)
class SitingRule:
    """Where a measure shall, should, may, should not or must not go; all of ``when`` must hold.

    ``standards`` are the numbers a ``design_standard`` or ``require_quality`` rule points to;
    ``report_as`` is a ``ruling``'s severity where it is not that of the level.
    """

    id: str
    clause: str
    level: str = one_of(*LEVELS)
    effect: str = one_of(*EFFECTS)
    when: Tuple[Condition, ...] = ()
    standards: Tuple[str, ...] = ()
    also_require: Tuple[str, ...] = ()
    report_as: Optional[str] = one_of("error", "warning", "note", default=None)
    ruling: Optional[int] = None
    basis: str = one_of(*BASES, default="verbatim")
    note_zh: Optional[str] = None
    note_en: Optional[str] = None

    @property
    def severity(self) -> str:
        """How a breach is reported: ``error``, ``warning`` or ``note``."""
        return self.report_as or SEVERITY_OF_LEVEL[self.level]

    def tests(self) -> tuple[Condition, ...]:
        """All single tests of the rule, groups resolved."""
        return tuple(t for c in self.when for t in c.tests())


@dataclass(frozen=True)
class Quantity:
    """A unit in which a measure is counted and what of the geometry is measured."""

    unit: str
    of: str = one_of("area", "length", "count", "width")


@dataclass(frozen=True)
class Measure:
    """A row of table B.1. ``marks`` has, per watershed type, ``major`` (■) or ``minor`` (★)."""

    number: int
    key: str
    name_zh: str
    name_en: str
    zone: str
    geometry: Tuple[str, ...]
    marks: Mapping[str, str]
    group: Optional[str] = None
    placeholder: bool = False
    quantities: Tuple[Quantity, ...] = ()
    aliases_zh: Tuple[str, ...] = ()
    aliases_en: Tuple[str, ...] = ()
    rules: Tuple[SitingRule, ...] = ()
    note_zh: Optional[str] = None
    note_en: Optional[str] = None


@dataclass(frozen=True)
class TextMeasure:
    """A measure that a clause names and table B.1 has no row for."""

    zh: str
    en: str
    clause: str
    measure: Optional[str] = None


@dataclass(frozen=True)
class TypeFocus:
    """The main measures of a watershed type by 5.3: rows of B.1, or words where it names no row."""

    type: str
    clause: str
    zh: str
    en: str
    measures: Tuple[str, ...] = ()
    topics_zh: Tuple[str, ...] = ()
    topics_en: Tuple[str, ...] = ()


@dataclass(frozen=True)
class MeasuresInText:
    """``measures_in_text.yaml``."""

    measures: Tuple[TextMeasure, ...] = ()
    types: Tuple[TypeFocus, ...] = ()


@dataclass(frozen=True)
class AttributeValue:
    """A value a condition may ask for; ``test`` is our number for a word of the standard."""

    key: str
    zh: str
    en: str
    test: Optional[Condition] = None


@dataclass(frozen=True)
class Attribute:
    """Something a siting condition asks about a place.

    ``role`` is the input that answers it (a parameter of ``checklayout``), None where only a
    person can say.
    """

    key: str
    zh: str
    en: str
    unit: Optional[str] = None
    role: Optional[str] = None
    how_zh: Optional[str] = None
    how_en: Optional[str] = None
    values: Tuple[AttributeValue, ...] = ()


@dataclass(frozen=True)
class LandUseGroup:
    """A name for land in the clauses as GB/T 21010 codes (empty: another layer or a flag says)."""

    key: str
    zh: str
    en: str
    codes: Tuple[str, ...] = ()
    when: Tuple[Condition, ...] = ()
    flag: Optional[str] = None
    role: Optional[str] = None
    note_zh: Optional[str] = None
    note_en: Optional[str] = None


@dataclass(frozen=True)
class Siting:
    """``siting.yaml``: the vocabulary of the siting rules."""

    effects: Tuple[Named, ...] = ()
    attributes: Tuple[Attribute, ...] = ()
    land_use_groups: Tuple[LandUseGroup, ...] = ()

    def attribute(self, key: str) -> Attribute | None:
        """The attribute ``key``, or None."""
        return next((a for a in self.attributes if a.key == key), None)

    def land_use_group(self, key: str) -> LandUseGroup | None:
        """The land-use group ``key``, or None."""
        return next((g for g in self.land_use_groups if g.key == key), None)


# --- indicators ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Alternative:
    """One of several ways to meet a threshold (``any_of``)."""

    operator: str = one_of(*OPERATORS)
    value: Any = None
    unit: Optional[str] = None
    zh: Optional[str] = None
    en: Optional[str] = None


@dataclass(frozen=True)
class Threshold:
    """One cell, or several equal cells, of table 7-1.

    ``value`` is a number, ``@key`` of a county input, or None. ``inferred`` is true where the
    cell prints a bare number and we read at least. ``printed`` is the cell's wording where it is
    short; ``zh`` and ``en`` say it in our words.
    """

    types: Tuple[str, ...]
    operator: str = one_of(*OPERATORS)
    value: Any = None
    unit: Optional[str] = None
    printed: Optional[str] = None
    inferred: bool = False
    measure: Optional[str] = one_of("density", "service_radius", default=None)
    alternatives: Tuple[Alternative, ...] = ()
    basis: str = one_of(*BASES, default="verbatim")
    zh: Optional[str] = None
    en: Optional[str] = None


@dataclass(frozen=True)
class Variable:
    """An input of a formula; ``unit_printed`` is false where the unit is ours."""

    key: str
    zh: str
    en: str
    unit: Optional[str] = None
    unit_printed: bool = False
    symbol: Optional[str] = None
    columns: Tuple[str, ...] = ()
    source_zh: Optional[str] = None
    source_en: Optional[str] = None


@dataclass(frozen=True)
class Formula:
    """How an indicator is computed; ``number`` is C.n, None where appendix C has none."""

    expr: str
    zh: str
    en: str
    number: Optional[str] = None
    variables: Tuple[Variable, ...] = ()
    basis: str = one_of(*BASES, default="verbatim")
    note_zh: Optional[str] = None
    note_en: Optional[str] = None
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Exemption:
    """When an indicator need not be evaluated; ``types`` empty means every type."""

    clause: str
    test: str
    zh: str
    en: str
    types: Tuple[str, ...] = ()


@dataclass(frozen=True)
class Indicator:
    """A row of table 7-1."""

    number: int
    key: str
    name_zh: str
    name_en: str
    group: str
    clause: str
    thresholds: Tuple[Threshold, ...]
    gis_zh: str
    gis_en: str
    kind: str = one_of("quantitative", "qualitative")
    unit: Optional[str] = None
    starred: bool = False
    merged: bool = False
    exemption: Optional[Exemption] = None
    formula: Optional[Formula] = None
    judged: bool = False
    aliases_zh: Tuple[str, ...] = ()
    note_zh: Optional[str] = None
    note_en: Optional[str] = None

    def threshold(self, type_key: str) -> Threshold:
        """The cell of watershed type ``type_key``. Raises KeyError where there is none."""
        for cell in self.thresholds:
            if type_key in cell.types:
                return cell
        raise KeyError(type_key)


# --- survey tables ---------------------------------------------------------------------------


@dataclass(frozen=True)
class CodeItem:
    """An entry of a code list; ``data`` holds its numbers (limits, class breaks …)."""

    code: str
    zh: str
    en: str
    parent: Optional[str] = None
    basis: Optional[str] = one_of(*BASES, default=None)
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class CodeList:
    """A list of codes of another standard; ``data`` holds what concerns the whole list."""

    id: str
    name_zh: str
    name_en: str
    standard: str
    items: Tuple[CodeItem, ...]
    basis: str = one_of(*BASES)
    unit: Optional[str] = None
    note_zh: Optional[str] = None
    note_en: Optional[str] = None
    data: Mapping[str, Any] = field(default_factory=dict)

    def item(self, code: str) -> CodeItem | None:
        """The entry ``code``, or None."""
        return next((i for i in self.items if i.code == code), None)


@dataclass(frozen=True)
class Constraint:
    """What a value of a column must satisfy (hard) or is asked about (``warn_``).

    ``at_most`` names another column of the row; ``enum`` lists the values in place, ``codes``
    takes them from a code list (``within`` keeps those under these parents, ``parent_column``
    those under the code another column holds, ``level`` those of that length of code).
    """

    min: Optional[float] = None
    max: Optional[float] = None
    warn_min: Optional[float] = None
    warn_max: Optional[float] = None
    warn_clause: Optional[str] = None
    at_most: Optional[str] = None
    enum: Tuple[CodeItem, ...] = ()
    codes: Optional[str] = None
    within: Tuple[str, ...] = ()
    level: Optional[int] = None
    parent_column: Optional[str] = None


@dataclass(frozen=True)
class Column:
    """A column of a survey table, or a field of its header.

    ``extra`` marks columns that the draft's table lacks and its clauses or formulas need;
    ``formula`` the columns computed from others. ``from_layer`` says in words where a value can
    be had from map layers.
    """

    key: str
    zh: str
    en: str
    type: str = one_of("number", "integer", "text", "enum", "enum_multi", "boolean", "date")
    basis: str = one_of(*BASES)
    unit: Optional[str] = None
    constraint: Constraint = Constraint()
    group_zh: Optional[str] = None
    group_en: Optional[str] = None
    source: Optional[str] = None
    printed: Optional[str] = None
    formula: Optional[str] = None
    extra: bool = False
    from_layer_zh: Optional[str] = None
    from_layer_en: Optional[str] = None
    note_zh: Optional[str] = None
    note_en: Optional[str] = None


@dataclass(frozen=True)
class TableCheck:
    """A relation that the rows of a table should keep."""

    key: str
    zh: str
    en: str
    severity: str = one_of("error", "warning", "note")


@dataclass(frozen=True)
class Table:
    """A survey table of appendix A, or one that the plugin adds (``extension``).

    ``name`` is the table's name in the store, ``layers`` the store's layers its rows describe,
    ``row_zh``/``row_en`` what a row stands for, ``emphasis`` the watershed types for which 4.1.5
    stresses it.
    """

    id: str
    name: str
    title_zh: str
    title_en: str
    clauses: Tuple[str, ...]
    columns: Tuple[Column, ...]
    row_zh: str
    row_en: str
    status_zh: str
    status_en: str
    basis: str = one_of(*BASES)
    rows: str = one_of("one", "many", default="many")
    layers: Tuple[str, ...] = ()
    part_of: Optional[str] = None
    emphasis: Tuple[str, ...] = ()
    extension: bool = False
    total_row: bool = False
    order: Optional[float] = None
    footnotes_zh: Tuple[str, ...] = ()
    footnotes_en: Tuple[str, ...] = ()
    checks: Tuple[TableCheck, ...] = ()
    note_zh: Optional[str] = None
    note_en: Optional[str] = None

    def column(self, key: str) -> Column:
        """The column ``key``. Raises KeyError where there is none."""
        for column in self.columns:
            if column.key == key:
                return column
        raise KeyError(key)


@dataclass(frozen=True)
class Sheet:
    """``sheet.yaml``: the head that every survey table carries."""

    columns: Tuple[Column, ...] = ()


@dataclass(frozen=True)
class Figure:
    """A map of the project; ``required_by`` is the clause that asks for it, None if customary.

    ``content`` is free for the layout that draws it.
    """

    key: str
    zh: str
    en: str
    order: int
    required_by: Optional[str] = None
    note_zh: Optional[str] = None
    note_en: Optional[str] = None
    content: Mapping[str, Any] = field(default_factory=dict)
