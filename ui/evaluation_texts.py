"""What the evaluation dock says about an indicator, as HTML: each number with clause, formula, inputs, source, year.

Links: ``clause:`` and ``ruling:`` to the clause browser, ``show:`` to the map, ``change:``, ``gap:`` and
``enter:`` to the place where a number is entered, ``evidence:`` to a file.
"""

from __future__ import annotations

from typing import Any, List, NamedTuple, Sequence, Tuple

from qgis.PyQt.QtCore import QCoreApplication

from ..core.evaluation import Gap, IndicatorRow, InputRow, features_under
from ..core.evaluation.account import Line, account, worked_out
from ..core.evaluation.entries import entry_kinds
from ..core.evaluation.model import INPUTS, JUDGEMENT
from ..core.evaluation.scale import references, said
from ..core.evaluation.wording import plain, worded
from ..core.provenance import Feature
from ..core.report import render
from ..core.standard import Edition, Indicator, text
from . import evaluation_words as words
from .evaluation_work import Evaluated

translate = QCoreApplication.translate
FIRST_LINES, MOST_LINES = 18, 400
TOILETS = 12


class Page(NamedTuple):
    """The HTML of an indicator and what its links point to, by their number."""

    html: str
    row: IndicatorRow
    lines: Tuple[Line, ...]
    gaps: Tuple[Gap, ...]
    evidence: Tuple[InputRow, ...]
    features: Tuple[Feature, ...]


def page_of(found: Evaluated, type_key: str, number: int, stale: bool, whole: bool = False) -> Page:
    """Everything about one indicator for one type; of many values the first ones unless ``whole``."""
    row = found.evaluation.row(type_key, number)
    edition = found.edition
    lines = account(found.evaluation, row, edition, found.names)
    entered = [r for r in found.given.inputs if r.number == number and r.evidence]
    features = features_under(found.evaluation.register, row.state_id or "")
    data = {
        **_facts(found, row, edition.indicators[number]),
        **_reasons(found, row, edition.indicators[number]),
        "stale": stale,
        "lines": [_line(found, lines[n], n) for n in _listed(lines, True, whole)],
        "beside": [_line(found, lines[n], n) for n in _listed(lines, False, whole)],
        "more": _more(lines, whole),
        "features": on_map(features),
        "evidence": [_evidence(found, r, n) for n, r in enumerate(entered)],
        "types": [_of_type(edition, r, type_key) for r in found.evaluation.rows if r.number == number],
        "enters": [
            {"key": k.key, "label": k.label} for k in entry_kinds(edition, edition.indicators[number])
        ],
        "homes": _homes(found) if number == TOILETS else "",
    }
    html = render("dock/evaluation.html", t=_words(), **data)
    return Page(html, row, tuple(lines), row.gaps, tuple(entered), features)


def _facts(found: Evaluated, row: IndicatorRow, indicator: Indicator) -> dict[str, Any]:
    edition = found.edition
    interval = "–"
    if row.low is not None and row.high is not None:
        ends = [words.number_words(edition, v, None) for v in (row.low, row.high)]
        interval = f"{ends[0]} … {ends[1]} {words.unit_words(edition, row.unit)}".strip()
    recognition = next((r for r in edition.header.rules if r.key == "recognition"), None)
    return {
        "number": row.number,
        "name": text(indicator, "name"),
        "state": words.state_words(said(row)),
        "colour": words.COLOURS[said(row)],
        "type": text(edition.types[row.type]),
        "clause": row.clause,
        "rulings": [r.number for r in edition.rulings.values() if f"indicator:{row.number}" in r.touches],
        "value": "–" if row.operator == "qualitative" else words.value_words(edition, row),
        "limit": words.limit_words(edition, row),
        "printed": indicator.threshold(row.type).printed if row.threshold_num is not None else "",
        "margin": words.margin_words(edition, row),
        "interval": interval,
        "source": row.source or "–",
        "year": row.year,
        "statement": row.value_text if row.operator in ("qualitative", "any_of") else "",
        "references": _references(edition, row),
        "recognition": f"{text(recognition)}（{recognition.clause}）" if recognition is not None else "",
    }


def _references(edition: Edition, row: IndicatorRow) -> list[str]:
    """Values of other documents, said to be no limit."""
    note = translate("EvaluationTexts", "for reference only, not a limit")
    return [
        f"{text(r)} {r.value:g} {words.unit_words(edition, r.unit)} · {text(r, 'source')} · {note}"
        for r in references()
        if r.indicator == row.number
    ]


def _reasons(found: Evaluated, row: IndicatorRow, indicator: Indicator) -> dict[str, Any]:
    edition, formula = found.edition, indicator.formula
    return {
        "formula": text(formula) if formula is not None and row.expression else "",
        "expression": plain(row.expression or "", edition, row.number, found.names),
        "worked": worked_out(row.expression, row.terms, row.value_num) or _terms(found, row),
        "formula_notes": [text(formula, "note")] if formula is not None and text(formula, "note") else [],
        "notes": [worded(n, edition, row.number, found.names) for n in row.notes],
        "gaps": [
            {"text": worded(g.problem, edition, row.number, found.names), "index": n, "leads": leads(g)}
            for n, g in enumerate(row.gaps)
        ],
    }


def _terms(found: Evaluated, row: IndicatorRow) -> str:
    """The numbers of a formula that cannot be written out: areas and intensities row by row."""
    said_ = [f"{t.key} = {words.number_words(found.edition, t.value, t.unit)}" for t in row.terms]
    return plain("; ".join(said_), found.edition, row.number, found.names)


def leads(gap: Gap) -> str:
    """What following a gap does; empty where it leads nowhere."""
    if gap.table is None:
        return ""
    if gap.table in (INPUTS, "county"):
        return translate("EvaluationTexts", "enter …")
    if gap.field is None:
        return translate("EvaluationTexts", "source and year …")
    return translate("EvaluationTexts", "open the form")


def _line(found: Evaluated, line: Line, index: int) -> dict[str, Any]:
    value = line.value
    column = value.value is None and bool(value.inputs)
    judged = line.place is not None and line.place.field == JUDGEMENT
    shown = bool(value.value) if judged and value.value is not None else value.value
    return {
        "index": index,
        "depth": line.depth,
        "label": line.label,
        "value": "" if column else words.number_words(found.edition, shown, value.unit),
        "kind": words.kind_words(value.kind),
        "source": plain(value.source or "", found.edition, 0, found.names) if not value.inputs else "",
        "year": value.year,
        "clause": value.clause or "",
        "map": on_map(line.features),
        "change": line.place is not None and bool(line.place.table),
    }


def on_map(features: Sequence[Feature]) -> bool:
    """Whether any of the features can be shown on the map."""
    from ..layers.schema import LAYER, store_schema

    schema = store_schema()
    return any(f.role in schema and schema[f.role].role == LAYER for f in features)


def _listed(lines: Sequence[Line], decides: bool, whole: bool) -> List[int]:
    """Which of the lines that decide, or stand beside, are listed."""
    own = [n for n, x in enumerate(lines) if x.decides == decides]
    return own[: MOST_LINES if whole else FIRST_LINES]


def _more(lines: Sequence[Line], whole: bool) -> str:
    shown = sum(len(_listed(lines, d, whole)) for d in (True, False))
    if shown == len(lines):
        return ""
    return translate("EvaluationTexts", "{} further values").format(len(lines) - shown)


def _evidence(found: Evaluated, row: InputRow, index: int) -> dict[str, Any]:
    return {
        "index": index,
        "path": row.evidence,
        "lost": row.evidence in found.given.lost_evidence,
        "who": " ".join(p for p in (row.person, str(row.date) if row.date else None) if p),
    }


def _of_type(edition: Edition, row: IndicatorRow, own: str) -> dict[str, Any]:
    return {
        "name": text(edition.types[row.type]),
        "own": row.type == own,
        "limit": words.limit_words(edition, row),
        "margin": words.margin_words(edition, row),
        "state": words.state_words(said(row)),
        "colour": words.COLOURS[said(row)],
    }


def _homes(found: Evaluated) -> str:
    """Row 12: how many places were measured."""
    if found.homes is None:
        return ""
    return translate("EvaluationTexts", "Distances of {} places to the nearest public toilet:").format(
        len(found.homes.places)
    )


def _words() -> dict[str, str]:
    return {
        "number": translate("EvaluationTexts", "Number"),
        "value": translate("EvaluationTexts", "Value"),
        "limit": translate("EvaluationTexts", "Limit"),
        "margin": translate("EvaluationTexts", "Margin"),
        "interval": translate("EvaluationTexts", "Interval"),
        "source": translate("EvaluationTexts", "Source"),
        "kind": translate("EvaluationTexts", "Kind · year"),
        "clause": translate("EvaluationTexts", "Clause"),
        "formula": translate("EvaluationTexts", "Formula"),
        "ruling": translate("EvaluationTexts", "ruling"),
        "missing": translate("EvaluationTexts", "What is missing"),
        "rests": translate("EvaluationTexts", "It rests on"),
        "beside": translate("EvaluationTexts", "Beside, not deciding"),
        "listall": translate("EvaluationTexts", "list all"),
        "types": translate("EvaluationTexts", "Type of watershed"),
        "state": translate("EvaluationTexts", "State"),
        "show": translate("EvaluationTexts", "map"),
        "showall": translate("EvaluationTexts", "show all on the map"),
        "change": translate("EvaluationTexts", "change"),
        "homes": translate("EvaluationTexts", "draw those outside"),
        "evidence": translate("EvaluationTexts", "Evidence"),
        "lost": translate("EvaluationTexts", "(file not found)"),
        "references": translate("EvaluationTexts", "Reference lines"),
        "enter": translate("EvaluationTexts", "Enter for the whole watershed:"),
        "statement": translate("EvaluationTexts", "Statement"),
        "stale": translate("EvaluationTexts", "Something this rests on has changed: evaluate again."),
    }
