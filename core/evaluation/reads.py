"""Which indicators must be worked out anew when rows of a survey change (7.0.2, table 7-1).

What an indicator reads follows from its definition: columns of survey tables, layers and their fields,
entries, the county's limits. A change of anything else makes nothing stale.
"""

from __future__ import annotations

from typing import Any, Callable, Iterable, Iterator, Mapping, NamedTuple, Optional, Sequence

from ..indicators.definition import (
    Definition,
    Measured,
    Source,
    TableColumn,
    TableMean,
    TableSum,
    definitions,
)
from ..indicators.farming import SCALE_FARM
from ..standard import Edition, Indicator, Table, Threshold
from .gather import LAYERS_OF
from .model import INPUTS

DATE_KEY, COUNTY_KEY = "evaluation_date", "county"
LAYER_FIELDS: Mapping[str, tuple[str, ...]] = {
    "erosion": ("class",), "parcels": ("landuse",), "toilets": ("kind",), "green_space": ("class",),
    "banks": ("bank_type", "side", "river"), "reaches": ("river",), "channels": ("name",), "villages": ("name",),
    "pollution_sources": ("kind", "scale_farm"), "measures": ("measure",), "boundary": (), "built_land": (),
    "roads": (),
}  # fmt: skip
"""Fields of located layers that figures are made from; a moved shape counts always."""

DESCRIBED: Mapping[str, tuple[str, ...]] = {
    "a1": ("boundary", "parcels"), "a3": ("boundary", "erosion"), "a8": ("toilets",),
}  # fmt: skip
"""Layers that a table's rows are counted or summed from, though no row stands for a single feature."""

_ALSO: Mapping[str, tuple[str, ...]] = {
    "a_v": ("boundary",), "a_vg1": ("boundary", "built_land"), "a_vg2": ("boundary", "built_land"),
    "natural_bank": ("channels",), "artificial_ecological_bank": ("channels",), "treated_bank_total": ("channels",),
    "service_radius_m": ("villages",), "service_radius_roads_m": ("villages",),
}  # fmt: skip
"""Layers that shape a figure besides those it is measured on."""


class Touched(NamedTuple):
    """A row that changed: its values before and after, None where it was not there.

    ``whole``: its shape changed, or it is not known what did. For ``meta`` the uuid is the key.
    """

    table: str
    uuid: str
    before: Optional[Mapping[str, Any]]
    after: Optional[Mapping[str, Any]]
    whole: bool = False

    def changed(self, fields: Iterable[str]) -> bool:
        """Whether one of the fields changed, or the row came or went."""
        if self.whole or self.before is None or self.after is None:
            return True
        return any(self.before.get(f) != self.after.get(f) for f in fields)

    def sides(self) -> Iterator[Mapping[str, Any]]:
        """Its values before and after, where it was there."""
        return (side for side in (self.before, self.after) if side is not None)

    def said(self, field: str) -> set[Any]:
        """What a field said before and says after."""
        return {side.get(field) for side in self.sides()}


def stale_rows(edition: Edition, touched: Sequence[Touched]) -> frozenset[tuple[str, int]]:
    """Type and number of every row that shows a number resting on what changed."""
    return frozenset(
        (t, indicator.number)
        for indicator in edition.indicators.values()
        for t in edition.types
        if any(_concerns(edition, indicator, indicator.threshold(t), change) for change in touched)
    )


def _concerns(edition: Edition, indicator: Indicator, cell: Threshold, change: Touched) -> bool:
    if cell.operator == "not_applicable":
        return False
    if change.table == INPUTS:
        return indicator.number in change.said("number")
    if change.table == "meta":
        return _by_fact(cell, change)
    present = _presence(edition, indicator)
    if any(reads(change) for reads in present):
        return True
    if cell.operator in ("forbidden", "qualitative"):
        return False
    return any(_reads(edition, source, change, decides) for source, decides in sources_of(indicator))


def _by_fact(cell: Threshold, change: Touched) -> bool:
    if change.uuid == DATE_KEY:
        return True
    if change.uuid != COUNTY_KEY:
        return False
    limits = [cell.value, *(a.value for a in cell.alternatives)]
    own = any(isinstance(v, str) and v.startswith("@") for v in limits)
    return own or any("thresholds:" in str(side.get("value")) for side in change.sides())


def sources_of(indicator: Indicator) -> Iterator[tuple[Source, bool]]:
    """Every table, column and figure of an indicator's readings, and whether it may decide or only stands beside."""
    found: list[Definition] = [d for (key, _), d in definitions().items() if key == indicator.key]
    for definition in found:
        for among in definition.variables.values():
            yield from ((source, not definition.official) for source in among)
        yield from ((source, False) for source in definition.proxies)


def _reads(edition: Edition, source: Source, change: Touched, decides: bool) -> bool:
    """Whether a source is made from what changed."""
    if isinstance(source, Measured):
        return any(_layer_concerned(edition, layer, change) for layer in _layers(source))
    if change.table == "sheet":
        return source.table in change.said("table") and change.changed(("survey_date", "table"))
    if change.table == "provenance":
        return source.table in change.said("table_name") and change.changed(
            ("table_name", "row_uuid", "field", "kind")
        )
    if change.table == source.table:
        return _cell_concerned(source, change)
    if change.table in edition.table(source.table).layers:
        # a village without a row keeps a sum from being the watershed's
        drawn = isinstance(source, TableSum) and change.table == "villages"
        return drawn and decides and change.changed(("name",))
    return False


def _cell_concerned(source: Source, change: Touched) -> bool:
    if isinstance(source, TableSum):
        only = source.only
        if only is not None and only[1] not in change.said(only[0]):
            return False
        columns = [source.column, *source.plus, *source.along, *([source.when] if source.when else [])]
        linked = ("villages_uuid", "natural_village")
        return change.changed((*columns, *linked, *([only[0]] if only else [])))
    if isinstance(source, TableMean):
        return change.changed((source.column, source.weight))
    if isinstance(source, TableColumn):
        asked = not source.asked or any(
            side.get(c) is not None for side in change.sides() for c in source.asked
        )
        return asked and change.changed((source.column, *source.along, *source.asked))
    return False


def described(table: Table) -> tuple[str, ...]:
    """The layers that a table describes: its survey date is theirs where they have no year of their own."""
    return (*table.layers, *DESCRIBED.get(table.name, ()))


def _layers(source: Measured) -> set[str]:
    return {*LAYERS_OF.get(source.figure, (source.figure,)), *_ALSO.get(source.figure, ())}


def _layer_concerned(edition: Edition, layer: str, change: Touched) -> bool:
    if change.table == "provenance":
        return layer in change.said("table_name") and change.changed(("table_name", "year", "source", "kind"))
    if change.table == "sheet":
        said = change.said("table")
        dated = any(layer in described(t) for t in edition.tables.values() if t.name in said)
        return dated and change.changed(("survey_date", "table"))
    if change.table != layer:
        return False
    if layer == "toilets" and "public" not in change.said("kind"):
        return False
    return change.changed(LAYER_FIELDS.get(layer, ()))


def _presence(edition: Edition, indicator: Indicator) -> list[Callable[[Touched], bool]]:
    """What the exemption of an indicator counts."""
    rule = indicator.exemption
    if rule is None:
        return []
    known: dict[str, Callable[[Touched], bool]] = {
        "no_scale_farm": _is_farm, "no_channel_works": _works(rule.measures),
    }  # fmt: skip
    return [known[rule.test]] if rule.test in known else []


def _is_farm(change: Touched) -> bool:
    if change.table == "a5":
        return SCALE_FARM in change.said("livestock_type_mode") and change.changed(("livestock_type_mode",))
    if change.table == "pollution_sources":
        farm = any(s.get("kind") == "farm" and s.get("scale_farm") for s in change.sides())
        return farm and change.changed(LAYER_FIELDS["pollution_sources"])
    return False


def _works(measures: Sequence[str]) -> Callable[[Touched], bool]:
    def concerned(change: Touched) -> bool:
        if change.table == "measures":
            return bool(set(measures) & change.said("measure")) and change.changed(("measure",))
        return change.table == "reaches" and change.changed(LAYER_FIELDS["reaches"])

    return concerned
