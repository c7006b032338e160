"""What the clause browser says about a clause, a cited standard or a ruling, as HTML."""

from __future__ import annotations

from typing import Any

from qgis.PyQt.QtCore import QCoreApplication

from ..core.data import RESOURCES, load_yaml
from ..core.report import render
from ..core.standard import CitedStandard, Clause, Edition, Ruling, Target, text

translate = QCoreApplication.translate

# The wording's strictness by colour; dark enough to read on white, apart for colour-blind readers.
LEVEL_COLOURS = {
    "required": "#b3261e",
    "recommended": "#a86400",
    "permitted": "#1f6f43",
    "unmarked": "#6b6b6b",
}


def level_name(level: str) -> str:
    """The strictness of a wording as people say it."""
    return {
        "required": translate("ClauseTexts", "shall (应)"),
        "recommended": translate("ClauseTexts", "should (宜)"),
        "permitted": translate("ClauseTexts", "may (可)"),
        "unmarked": translate("ClauseTexts", "no standard wording"),
    }[level]


def _kind_name(kind: str) -> str:
    return {
        "clause": translate("ClauseTexts", "clause"),
        "item": translate("ClauseTexts", "item"),
        "subitem": translate("ClauseTexts", "sub-item"),
        "note": translate("ClauseTexts", "explanatory note"),
        "appendix": translate("ClauseTexts", "appendix"),
    }.get(kind, kind)


def _basis_name(basis: str) -> str:
    return {
        "verbatim": translate(
            "ClauseTexts", "Number, level and figures stand so in the draft; the text is our paraphrase."
        ),
        "derived": translate(
            "ClauseTexts", "Partly our reading of the draft (for example an inherited level); our paraphrase."
        ),
        "unverified": translate(
            "ClauseTexts", "From a third-party copy or from memory, not verified; our paraphrase."
        ),
    }[basis]


def _group_title(kind: str) -> str:
    return {
        "algorithm": translate("ClauseTexts", "Algorithms"),
        "table": translate("ClauseTexts", "Survey tables"),
        "indicator": translate("ClauseTexts", "Indicators"),
        "measure": translate("ClauseTexts", "Measures"),
        "rule": translate("ClauseTexts", "Siting rules"),
        "parameter": translate("ClauseTexts", "Numbers used"),
        "zone": translate("ClauseTexts", "Zones"),
        "type": translate("ClauseTexts", "Types of watershed"),
        "figure": translate("ClauseTexts", "Figures"),
        "codelist": translate("ClauseTexts", "Code lists"),
        "document": translate("ClauseTexts", "Documents"),
        "layer": translate("ClauseTexts", "Survey layers"),
        "standard": translate("ClauseTexts", "Standards cited"),
        "clause": translate("ClauseTexts", "See also"),
    }.get(kind, kind)


def _words() -> dict[str, str]:
    return {
        "part_of": translate("ClauseTexts", "part of"),
        "use": translate("ClauseTexts", "In Qingliu:"),
        "ruling": translate("ClauseTexts", "Ruling"),
        "settled": translate("ClauseTexts", "Settled:"),
        "cited_by": translate("ClauseTexts", "Cited by"),
        "touches": translate("ClauseTexts", "Touches"),
    }


def clause_number(clause: Clause) -> str:
    """How a clause is called in a list: items with their clause's number, misprints with what is printed."""
    if clause.kind == "note":
        return translate("ClauseTexts", "Note on {}").format(clause.id.replace("CM-", ""))
    if clause.kind == "clause" and clause.printed_id != clause.id:
        return translate("ClauseTexts", "{} (printed {})").format(clause.id, clause.printed_id)
    return clause.id


def unit_text(unit: str | None) -> str:
    """A unit as it is written: m², hm², km², °C."""
    shown = unit or ""
    for plain, written in (("hm2", "hm²"), ("km2", "km²"), ("degC", "°C"), ("degree", "°")):
        shown = shown.replace(plain, written)
    return shown.replace("m2", "m²")


def target_text(edition: Edition, target: Target) -> str:
    """How a linked thing is called: its name in the interface language, with its number or key."""
    kind, name = target
    if kind == "algorithm":
        return _algorithm_title(name)
    if kind == "measure" and name in edition.measures:
        return f"{edition.measure(name).number}. {text(edition.measure(name), 'name')}"
    if kind == "indicator" and int(name) in edition.indicators:
        return f"{name}. {text(edition.indicator(int(name)), 'name')}"
    if kind == "parameter" and name in edition.parameters:
        found = edition.parameter(name)
        return f"{text(found)} = {found.default} {unit_text(found.unit)}".strip()
    if kind == "standard" and name in edition.standards:
        return f"{name} {text(edition.standards[name], 'title')}"
    titled = {"table": ("tables", "title"), "figure": ("figures", ""), "codelist": ("codelists", "name")}
    if kind in titled:
        part, stem = titled[kind]
        record = getattr(edition, part).get(name)
        return f"{name} {text(record, stem)}" if record is not None else name
    if kind in ("zone", "type"):
        record = getattr(edition, f"{kind}s").get(name)
        return text(record) if record is not None else name
    return name


def _algorithm_title(name: str) -> str:
    path = RESOURCES / "help" / f"{name}.yaml"
    if not path.exists():
        return f"qingliu:{name}"
    titles = load_yaml(path)["title"]
    return f"{titles[_language()]} (qingliu:{name})"


def _language() -> str:
    from ..core import language

    return language.current()


def _grouped(edition: Edition, targets: tuple[Target, ...]) -> list[dict[str, Any]]:
    groups: dict[str, list[dict[str, str]]] = {}
    for target in targets:
        if target.kind in ("ruling", "rule"):
            continue
        groups.setdefault(target.kind, []).append({"href": str(target), "text": target_text(edition, target)})
    return [{"title": _group_title(kind), "links": links} for kind, links in groups.items()]


def clause_html(edition: Edition, clause: Clause) -> str:
    """A clause with its level, what it governs, its rulings and where its facts come from."""
    rulings = [edition.ruling(n) for n in clause.rulings]
    return render(
        "dock/clause.html",
        number=clause_number(clause),
        t=_words(),
        colour=LEVEL_COLOURS[clause.level],
        level=level_name(clause.level),
        kind=_kind_name(clause.kind),
        parent=clause.parent,
        title=text(clause, "term"),
        text=text(clause),
        use=text(clause, "use"),
        groups=_grouped(edition, edition.links_to(Target("clause", clause.id))),
        rulings=[
            {"number": r.number, "issue": text(r, "issue"), "ruling": text(r, "ruling")} for r in rulings
        ],
        basis=_basis_name(clause.basis),
        edition=text(edition.header, "status"),
    )


def standard_html(standard: CitedStandard) -> str:
    """A cited standard: title, edition, where it is used, whether it is listed."""
    if standard.listed and not standard.cited_by:
        listed = translate("ClauseTexts", "Listed in 1.0.4, but no clause of the draft uses it.")
    elif standard.listed:
        listed = translate("ClauseTexts", "Listed in 1.0.4.")
    else:
        listed = translate("ClauseTexts", "Used in the text, but not listed in 1.0.4.")
    return render(
        "dock/standard.html",
        standard=standard,
        t=_words(),
        title=text(standard, "title"),
        listed=listed,
        cited=list(standard.cited_by),
        note=text(standard, "note"),
        basis=translate("ClauseTexts", "Edition and status not verified.")
        if standard.basis == "unverified"
        else "",
    )


def ruling_html(edition: Edition, ruling: Ruling) -> str:
    """A ruling with what it touches."""
    targets = edition.links_to(Target("ruling", str(ruling.number)))
    return render(
        "dock/ruling.html",
        ruling=ruling,
        t=_words(),
        issue=text(ruling, "issue"),
        settled=text(ruling, "ruling"),
        links=[{"href": str(x), "text": target_text(edition, x)} for x in targets],
    )
