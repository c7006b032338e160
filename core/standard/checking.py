"""Does an edition hold together? Every fault at once, with file, key and reason.

:mod:`.reading` finds what is wrong within a record; here records are held against each other:
ids defined twice, clauses, types, zones, parameters and other names that do not exist, ranges
upside down, thresholds that leave out a type.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Callable, Iterable, Iterator, Mapping

from ..errors import Problem
from . import model
from .reading import Part, Place, part_files, repeated_keys
from .targets import ALGORITHMS, DOCUMENTS, LAYERS, parse

if TYPE_CHECKING:
    from .edition import Edition

NAMED_PARTS = {
    "clause": "clauses",
    "ruling": "rulings",
    "standard": "standards",
    "parameter": "parameters",
    "measure": "measures",
    "indicator": "indicators",
    "table": "tables",
    "codelist": "codelists",
    "figure": "figures",
}


@dataclass(frozen=True)
class Known:
    """All names an edition defines, by kind (clause, table, type …), as text."""

    names: Mapping[str, frozenset[str]]
    siting: model.Siting

    def missing(self, kind: str, name: Any, place: Place) -> Iterator[Problem]:
        """The fault that ``name`` is no ``kind`` of this edition, if so."""
        if str(name) not in self.names.get(kind, frozenset()):
            yield place.fault("QL-STD-NOREFERENCE", kind=kind, name=name)

    def all_missing(self, kind: str, names: Iterable[Any], place: Place) -> Iterator[Problem]:
        """The faults of every one of ``names`` that is no ``kind``."""
        for i, name in enumerate(names):
            yield from self.missing(kind, name, place.at(i))


def check(edition: Edition) -> list[Problem]:
    """Every fault of ``edition``, in the order of its parts; [] where it holds together."""
    from .edition import PARTS

    parts = {name: edition.part(name) for name in PARTS}
    problems = [p for part in parts.values() for p in part.problems]
    for name in PARTS:
        for path in part_files(edition.folder, name):
            problems += repeated_keys(path, path.relative_to(edition.folder).as_posix())
    problems += _strays(edition)
    problems += _one_each(parts)
    if parts["edition"].records:
        known = _known(parts)
        for name, checker in _CHECKERS.items():
            for record, place in zip(parts[name].records, parts[name].places):
                problems += checker(record, place, known)
        problems += _uniqueness(parts)
    return problems


def _strays(edition: Edition) -> Iterator[Problem]:
    """YAML files that no part of an edition reads, such as those of a misspelt folder."""
    from .edition import OTHER_PARTS, PARTS

    read = {path for name in PARTS for path in part_files(edition.folder, name)}
    for path in sorted(edition.folder.rglob("*.y*ml")):
        file = path.relative_to(edition.folder)
        if path not in read and file.parts[0] not in OTHER_PARTS:
            known = ", ".join(sorted([*PARTS, *OTHER_PARTS]))
            yield Place(file.as_posix()).fault("QL-STD-STRAY", parts=known)


def _one_each(parts: Mapping[str, Part]) -> Iterator[Problem]:
    header = parts["edition"]
    if not header.records and not header.problems:
        yield Place("edition.yaml").fault("QL-STD-NOFILE")
    for name in ("edition", "siting", "measures_in_text", "sheet"):
        for place in parts[name].places[1:]:
            yield place.fault("QL-STD-DUPLICATE", name=name)


def _known(parts: Mapping[str, Part]) -> Known:
    header: model.Header = parts["edition"].records[0]
    siting = parts["siting"].records
    names = {kind: frozenset(str(n) for n in parts[part].names) for kind, part in NAMED_PARTS.items()}
    for kind, found in (
        ("type", header.types),
        ("zone", header.zones),
        ("chapter", header.chapters),
        ("section", header.sections),
        ("measure group", header.measure_groups),
        ("indicator group", header.indicator_groups),
        ("county input", header.county_inputs),
    ):
        names[kind] = frozenset(n.key for n in found)
    tables = parts["tables"].records
    names["column"] = frozenset(f"{t.id}.{c.key}" for t in tables for c in t.columns)
    names["@reference"] = names["parameter"] | names["county input"]
    names.update(algorithm=frozenset(ALGORITHMS), layer=frozenset(LAYERS), document=frozenset(DOCUMENTS))
    return Known(names, siting[0] if siting else model.Siting())


def _uniqueness(parts: Mapping[str, Part]) -> Iterator[Problem]:
    from .edition import PARTS

    for name, (_, key) in PARTS.items():
        if key:
            yield from _repeated(parts[name], _named(key))
    yield from _repeated(parts["measures"], lambda m: [m.number])
    yield from _repeated(parts["measures"], lambda m: [r.id for r in m.rules])
    yield from _repeated(parts["indicators"], lambda i: [i.key])
    yield from _repeated(parts["tables"], lambda t: [t.name])
    yield from _repeated(parts["figures"], lambda f: [f.order])


def _named(key: str) -> Callable[[Any], list[Any]]:
    return lambda record: [getattr(record, key)]


def _repeated(part: Part, names: Callable[[Any], list[Any]]) -> Iterator[Problem]:
    first: dict[Any, Place] = {}
    for record, place in zip(part.records, part.places):
        for name in names(record):
            if name in first:
                yield place.fault("QL-STD-DUPLICATE", name=name, first=first[name].file)
            first.setdefault(name, place)


def _twice(names: Iterable[Any], place: Place) -> Iterator[Problem]:
    for name, count in Counter(names).items():
        if count > 1:
            yield place.fault("QL-STD-DUPLICATE", name=name, first=place.file)


def _range(low: float | None, high: float | None, place: Place) -> Iterator[Problem]:
    if low is not None and high is not None and low > high:
        yield place.fault("QL-STD-RANGE", value=low, low="-", high=high)


# --- one checker for each part ---------------------------------------------------------------


def _header(header: model.Header, place: Place, known: Known) -> Iterator[Problem]:
    groups = ("measure_groups", "indicator_groups", "county_inputs")
    for name in ("types", "zones", "chapters", "sections", *groups):
        yield from _twice((n.key for n in getattr(header, name)), place.at(name))
    for name in ("types", "zones", "measure_groups", "indicator_groups", "rules"):
        for i, named in enumerate(getattr(header, name)):
            if named.clause is not None:
                yield from known.missing("clause", named.clause, place.at(name).at(i).at("clause"))
    for i, county_input in enumerate(header.county_inputs):
        here = place.at("county_inputs").at(i)
        yield from _range(county_input.minimum, county_input.maximum, here.at("minimum"))
        if county_input.codes is not None:
            yield from known.missing("codelist", county_input.codes, here.at("codes"))


def _clause(clause: model.Clause, place: Place, known: Known) -> Iterator[Problem]:
    if clause.parent is not None and clause.parent not in known.names["chapter"] | known.names["section"]:
        yield from known.missing("clause", clause.parent, place.at("parent"))
    if clause.section is not None:
        yield from known.missing("section", clause.section, place.at("section"))
    yield from known.missing("chapter", clause.chapter, place.at("id"))
    yield from _targets(clause.governs, place.at("governs"), known)
    yield from known.all_missing("standard", clause.standards, place.at("standards"))
    yield from known.all_missing("ruling", clause.rulings, place.at("rulings"))


def _targets(targets: Iterable[str], place: Place, known: Known) -> Iterator[Problem]:
    for i, text in enumerate(targets):
        target = parse(text)
        if target.kind not in known.names or target.kind.startswith("@"):
            yield place.at(i).fault("QL-STD-NOKIND", name=text)
        else:
            yield from known.missing(target.kind, target.name, place.at(i))


def _ruling(ruling: model.Ruling, place: Place, known: Known) -> Iterator[Problem]:
    yield from _targets(ruling.touches, place.at("touches"), known)


def _standard(standard: model.CitedStandard, place: Place, known: Known) -> Iterator[Problem]:
    yield from known.all_missing("clause", standard.cited_by, place.at("cited_by"))


def _parameter(parameter: model.Parameter, place: Place, known: Known) -> Iterator[Problem]:
    yield from known.all_missing("clause", parameter.clauses, place.at("clauses"))
    if parameter.source == "clause" and not parameter.clauses:
        yield place.at("clauses").fault("QL-STD-MISSING")
    yield from _range(parameter.minimum, parameter.maximum, place.at("minimum"))
    value = parameter.default
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        low, high = parameter.minimum, parameter.maximum
        if (low is not None and value < low) or (high is not None and value > high):
            yield place.at("default").fault("QL-STD-RANGE", value=value, low=low, high=high)
    if parameter.choices and value not in parameter.choices:
        choices = ", ".join(parameter.choices)
        yield place.at("default").fault("QL-STD-CHOICE", value=value, choices=choices)


def _siting(siting: model.Siting, place: Place, known: Known) -> Iterator[Problem]:
    yield from _twice((a.key for a in siting.attributes), place.at("attributes"))
    yield from _twice((g.key for g in siting.land_use_groups), place.at("land_use_groups"))
    for i, attribute in enumerate(siting.attributes):
        here = place.at("attributes").at(i)
        yield from _twice((v.key for v in attribute.values), here.at("values"))
        for j, value in enumerate(attribute.values):
            if value.test is not None:
                yield from _condition(value.test, here.at("values").at(j).at("test"), known)
    for i, group in enumerate(siting.land_use_groups):
        for j, condition in enumerate(group.when):
            yield from _condition(condition, place.at("land_use_groups").at(i).at("when").at(j), known)
    for i, rule in enumerate(siting.general_rules):
        here = place.at("general_rules").at(i)
        yield from known.missing("clause", rule.clause, here.at("clause"))
        yield from known.all_missing("measure", rule.measures, here.at("measures"))
        for j, condition in enumerate(rule.when):
            yield from _condition(condition, here.at("when").at(j), known)
    yield from _omissions(siting, place.at("omissions"), known)


def _omissions(siting: model.Siting, place: Place, known: Known) -> Iterator[Problem]:
    yield from _twice((o.key for o in siting.omissions), place)
    groups = {g.key for g in siting.land_use_groups}
    for i, omission in enumerate(siting.omissions):
        here = place.at(i)
        yield from known.missing("clause", omission.clause, here.at("clause"))
        yield from known.all_missing("measure", omission.measures, here.at("measures"))
        if omission.zone is not None:
            yield from known.missing("zone", omission.zone, here.at("zone"))
        if omission.group is not None:
            yield from known.missing("measure group", omission.group, here.at("group"))
        if omission.reach is not None:
            yield from known.missing("parameter", omission.reach, here.at("reach"))
        if not (omission.measures or omission.group or omission.words):
            yield here.at("measures").fault("QL-STD-MISSING")
        for value in sorted(set(omission.land_use) - groups):
            yield here.at("land_use").fault("QL-STD-CHOICE", value=value, choices=", ".join(sorted(groups)))


def _measure(measure: model.Measure, place: Place, known: Known) -> Iterator[Problem]:
    yield from known.missing("zone", measure.zone, place.at("zone"))
    if measure.group is not None:
        yield from known.missing("measure group", measure.group, place.at("group"))
    types = known.names["type"]
    for type_key, mark in measure.marks.items():
        yield from known.missing("type", type_key, place.at("marks").at(str(type_key)))
        if mark not in ("major", "minor"):
            here = place.at("marks").at(str(type_key))
            yield here.fault("QL-STD-CHOICE", value=mark, choices="major, minor")
    if not measure.placeholder:
        for type_key in sorted(types - set(measure.marks)):
            yield place.at("marks").at(type_key).fault("QL-STD-MISSING")
    for i, rule in enumerate(measure.rules):
        yield from _rule(rule, place.at("rules").at(i), known)


def _rule(rule: model.SitingRule, place: Place, known: Known) -> Iterator[Problem]:
    yield from known.missing("clause", rule.clause, place.at("clause"))
    yield from known.all_missing("standard", rule.standards, place.at("standards"))
    yield from known.all_missing("measure", rule.also_require, place.at("also_require"))
    for i, condition in enumerate(rule.when):
        yield from _condition(condition, place.at("when").at(i), known)
    if rule.ruling is not None:
        yield from known.missing("ruling", rule.ruling, place.at("ruling"))
    if rule.effect in ("design_standard", "require_quality") and not rule.standards:
        yield place.at("standards").fault("QL-STD-MISSING")


def _condition(condition: model.Condition, place: Place, known: Known) -> Iterator[Problem]:
    ways = (condition.attr is not None) + bool(condition.any) + bool(condition.all)
    if ways != 1 or (condition.attr is None) != (condition.op is None):
        yield place.fault("QL-STD-CONDITION")
        return
    for name in ("any", "all"):
        for i, member in enumerate(getattr(condition, name)):
            yield from _condition(member, place.at(name).at(i), known)
    if condition.attr is not None:
        yield from _test(condition, place, known)


def _test(test: model.Condition, place: Place, known: Known) -> Iterator[Problem]:
    attribute = known.siting.attribute(test.attr or "")
    if attribute is None:
        yield place.at("attr").fault("QL-STD-NOREFERENCE", kind="attribute", name=test.attr)
        return
    if test.unit is not None and test.unit != attribute.unit:
        yield place.at("unit").fault("QL-STD-CHOICE", value=test.unit, choices=attribute.unit or "-")
    values = list(test.value) if isinstance(test.value, list) else [test.value]
    if test.ruling is not None:
        yield from known.missing("ruling", test.ruling, place.at("ruling"))
    if test.op == "between" and (len(values) != 2 or test.inclusive is None):
        yield place.at("value").fault("QL-STD-CONDITION")
    for value in values:
        yield from _value(value, attribute, place.at("value"), known)


def _value(value: Any, attribute: model.Attribute, place: Place, known: Known) -> Iterator[Problem]:
    if value is None:
        yield place.fault("QL-STD-MISSING")
    elif isinstance(value, str) and value.startswith("@"):
        yield from known.missing("@reference", value[1:], place)
    elif isinstance(value, str):
        allowed = {v.key for v in attribute.values} | _NAMES_OF_ATTRIBUTE.get(attribute.key, _no_names)(known)
        if value not in allowed:
            yield place.fault("QL-STD-CHOICE", value=value, choices=", ".join(sorted(allowed)))


def _no_names(known: Known) -> frozenset[str]:
    return frozenset()


def _land_use_names(known: Known) -> frozenset[str]:
    return frozenset(g.key for g in known.siting.land_use_groups)


_NAMES_OF_ATTRIBUTE: Mapping[str, Callable[[Known], frozenset[str]]] = {
    "zone": lambda known: known.names["zone"],
    "watershed_type": lambda known: known.names["type"],
    "measure": lambda known: known.names["measure"],
    "adjacent_measure": lambda known: known.names["measure"],
    "own_measure": lambda known: known.names["measure"],
    "land_use": _land_use_names,
    "neighbour_land_use": _land_use_names,
}


def _measures_in_text(found: model.MeasuresInText, place: Place, known: Known) -> Iterator[Problem]:
    for i, measure in enumerate(found.measures):
        here = place.at("measures").at(i)
        yield from known.missing("clause", measure.clause, here.at("clause"))
        if measure.measure is not None:
            yield from known.missing("measure", measure.measure, here.at("measure"))
    for i, focus in enumerate(found.types):
        here = place.at("types").at(i)
        yield from known.missing("type", focus.type, here.at("type"))
        yield from known.missing("clause", focus.clause, here.at("clause"))
        yield from known.all_missing("measure", focus.measures, here.at("measures"))


def _indicator(indicator: model.Indicator, place: Place, known: Known) -> Iterator[Problem]:
    yield from known.missing("indicator group", indicator.group, place.at("group"))
    yield from known.missing("clause", indicator.clause, place.at("clause"))
    seen: Counter[str] = Counter()
    for i, threshold in enumerate(indicator.thresholds):
        here = place.at("thresholds").at(i)
        seen.update(threshold.types)
        yield from known.all_missing("type", threshold.types, here.at("types"))
        yield from _threshold(threshold, here, known)
    for type_key in sorted(known.names["type"]):
        if seen[type_key] != 1:
            yield place.at("thresholds").fault("QL-STD-CELLS", type=type_key, count=seen[type_key])
    if indicator.exemption is not None:
        yield from known.missing("clause", indicator.exemption.clause, place.at("exemption").at("clause"))
        yield from known.all_missing("type", indicator.exemption.types, place.at("exemption").at("types"))
        here = place.at("exemption").at("measures")
        yield from known.all_missing("measure", indicator.exemption.measures, here)
    for i, entered in enumerate(indicator.inputs):
        if entered.codes is not None:
            yield from known.missing("codelist", entered.codes, place.at("inputs").at(i).at("codes"))
    if indicator.formula is not None:
        for i, variable in enumerate(indicator.formula.variables):
            here = place.at("formula").at("variables").at(i).at("columns")
            yield from known.all_missing("column", variable.columns, here)


def _threshold(threshold: model.Threshold, place: Place, known: Known) -> Iterator[Problem]:
    if threshold.operator in model.COMPARISONS:
        yield from _limit(threshold.value, place.at("value"), known)
    elif threshold.operator in ("qualitative", "forbidden") and not threshold.zh:
        yield place.at("zh").fault("QL-STD-MISSING")
    if (threshold.operator == "any_of") != bool(threshold.alternatives):
        yield place.at("alternatives").fault("QL-STD-CONDITION")
    for i, way in enumerate(threshold.alternatives):
        if way.operator in model.COMPARISONS:
            yield from _limit(way.value, place.at("alternatives").at(i).at("value"), known)


def _limit(value: Any, place: Place, known: Known) -> Iterator[Problem]:
    if isinstance(value, str) and value.startswith("@"):
        yield from known.missing("@reference", value[1:], place)
    elif isinstance(value, bool) or not isinstance(value, (int, float)):
        yield place.fault("QL-STD-NOTNUMBER", found=repr(value))


def _table(table: model.Table, place: Place, known: Known) -> Iterator[Problem]:
    yield from known.all_missing("clause", table.clauses, place.at("clauses"))
    yield from known.all_missing("layer", table.layers, place.at("layers"))
    yield from known.all_missing("type", table.emphasis, place.at("emphasis"))
    if table.part_of is not None:
        yield from known.missing("table", table.part_of, place.at("part_of"))
    yield from _columns(table.columns, place, known)


def _sheet(sheet: model.Sheet, place: Place, known: Known) -> Iterator[Problem]:
    yield from _columns(sheet.columns, place, known)


def _columns(columns: tuple[model.Column, ...], place: Place, known: Known) -> Iterator[Problem]:
    keys = frozenset(c.key for c in columns)
    yield from _twice((c.key for c in columns), place.at("columns"))
    for i, column in enumerate(columns):
        here = place.at("columns").at(i)
        rule = column.constraint
        yield from _range(rule.min, rule.max, here.at("constraint"))
        yield from _range(rule.warn_min, rule.warn_max, here.at("constraint"))
        for name in ("at_most", "parent_column"):
            other = getattr(rule, name)
            if other is not None and other not in keys:
                yield here.at("constraint").at(name).fault("QL-STD-NOREFERENCE", kind="column", name=other)
        if rule.warn_clause is not None:
            yield from known.missing("clause", rule.warn_clause, here.at("constraint").at("warn_clause"))
        if rule.codes is not None:
            yield from known.missing("codelist", rule.codes, here.at("constraint").at("codes"))
        listed = bool(rule.enum) or rule.codes is not None
        if listed != (column.type in ("enum", "enum_multi")):
            yield here.at("constraint").fault("QL-STD-ENUM", type=column.type)


def _codelist(codes: model.CodeList, place: Place, known: Known) -> Iterator[Problem]:
    found = frozenset(i.code for i in codes.items)
    yield from _twice((i.code for i in codes.items), place.at("items"))
    for i, item in enumerate(codes.items):
        if item.parent is not None and item.parent not in found:
            here = place.at("items").at(i).at("parent")
            yield here.fault("QL-STD-NOREFERENCE", kind="code", name=item.parent)


def _figure(figure: model.Figure, place: Place, known: Known) -> Iterator[Problem]:
    if figure.required_by is not None:
        yield from known.missing("clause", figure.required_by, place.at("required_by"))


def _maintenance(duty: model.MaintenanceDuty, place: Place, known: Known) -> Iterator[Problem]:
    yield from known.missing("clause", duty.clause, place.at("clause"))
    yield from known.all_missing("measure", duty.measures, place.at("measures"))
    needed = {"interval": "interval_months", "after_rain": "within_days"}.get(duty.trigger)
    if needed is not None and not getattr(duty, needed):
        yield place.at(needed).fault("QL-STD-MISSING")


_CHECKERS: Mapping[str, Callable[[Any, Place, Known], Iterator[Problem]]] = {
    "edition": _header,
    "clauses": _clause,
    "rulings": _ruling,
    "standards": _standard,
    "parameters": _parameter,
    "siting": _siting,
    "measures": _measure,
    "measures_in_text": _measures_in_text,
    "indicators": _indicator,
    "sheet": _sheet,
    "tables": _table,
    "codelists": _codelist,
    "figures": _figure,
    "maintenance": _maintenance,
}
