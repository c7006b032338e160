"""Which clause is behind a number, check or form field, and what a clause governs.

Every record that names a clause, and every clause that names what it governs, gives one link;
the index holds it in both directions.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Iterator, Mapping

from . import model
from .targets import Target, parse

if TYPE_CHECKING:
    from .edition import Edition


def index(edition: Edition) -> Mapping[Target, tuple[Target, ...]]:
    """Target -> the targets it belongs to, in the order of the files, without repeats."""
    found: dict[Target, dict[Target, None]] = {}
    for one, other in _links(edition):
        found.setdefault(one, {})[other] = None
        found.setdefault(other, {})[one] = None
    return MappingProxyType({target: tuple(others) for target, others in found.items()})


def _links(edition: Edition) -> Iterator[tuple[Target, Target]]:
    for clause in edition.clauses.values():
        yield from _of_clause(clause)
    for ruling in edition.rulings.values():
        for touched in ruling.touches:
            yield Target("ruling", str(ruling.number)), parse(touched)
    for standard in edition.standards.values():
        for cited in standard.cited_by:
            yield Target("clause", cited), Target("standard", standard.number)
    for parameter in edition.parameters.values():
        yield from _clauses(parameter.clauses, Target("parameter", parameter.key))
    for measure in edition.measures.values():
        yield from _of_measure(measure)
    for indicator in edition.indicators.values():
        yield from _clauses((indicator.clause,), Target("indicator", str(indicator.number)))
    for table in edition.tables.values():
        yield from _clauses(table.clauses, Target("table", table.id))
    for figure in edition.figures.values():
        if figure.required_by:
            yield Target("clause", figure.required_by), Target("figure", figure.key)


def _clauses(clauses: tuple[str, ...], target: Target) -> Iterator[tuple[Target, Target]]:
    for clause in clauses:
        yield Target("clause", clause), target


def _of_clause(clause: model.Clause) -> Iterator[tuple[Target, Target]]:
    here = Target("clause", clause.id)
    for target in clause.governs:
        yield here, parse(target)
    for standard in clause.standards:
        yield here, Target("standard", standard)
    for number in clause.rulings:
        yield here, Target("ruling", str(number))
    if clause.kind == "note" and clause.parent:
        yield Target("clause", clause.parent), here


def _of_measure(measure: model.Measure) -> Iterator[tuple[Target, Target]]:
    here = Target("measure", measure.key)
    for rule in measure.rules:
        yield Target("clause", rule.clause), here
        yield Target("clause", rule.clause), Target("rule", rule.id)
        for standard in rule.standards:
            yield Target("standard", standard), here
