"""Quantities, cost and plots of the layout being drawn, kept up to date measure by measure (5.1.2, B.1).

What a measure has in each zone and village is cut once and kept until the measure is edited; the bill is
made of what is kept.
"""

from __future__ import annotations

from typing import Any, Dict, Iterable, List, Mapping, NamedTuple, Optional, Tuple

from ..core.layoutplan.cutting import Areas, Cutter, kind_of
from ..core.layoutplan.model import Item, Part, item_of
from ..core.layoutplan.plots import Place, Plot, label, numbered, plot_table
from ..core.layoutplan.prices import PriceList
from ..core.layoutplan.quantities import Bill, bill
from ..core.siting.model import Shapes
from ..core.standard import Edition
from ..layers.store.editing import flat_wkb
from .layout_session import KIND_OF_SHAPE, Placed


class Bases(NamedTuple):
    """What the layout is cut by; any of them may be missing."""

    zones: Optional[Areas] = None
    villages: Optional[Areas] = None
    parcels: Optional[Areas] = None


def item_from(row: Placed, card: Mapping[str, str]) -> Item:
    """A measure as it is counted; an "other" measure brings its name, unit and clause from its card."""
    other = {k[len("other_") :]: v for k, v in card.items() if k.startswith("other_")}
    return item_of(row.uuid, row.measure, KIND_OF_SHAPE[row.shape], {**row.values, **other})


class Ledger:
    """The parts of every measure, and what they add up to."""

    def __init__(self, edition: Edition, shapes: Shapes, bases: Bases) -> None:
        self.edition = edition
        self.shapes = shapes
        self.bases = bases
        self.prices: PriceList | None = None
        self.parts: Dict[str, List[Part]] = {}
        self._cutter = Cutter(shapes, zones=bases.zones, villages=bases.villages)

    def put(self, row: Placed, card: Mapping[str, str]) -> None:
        """Count a measure, new or edited."""
        wkb = flat_wkb(row.geometry)
        shape = self.shapes.read(wkb) if wkb is not None else None
        if shape is None or row.measure not in self.edition.measures:
            self.drop(row.uuid)
            return
        self.parts[row.uuid] = self._cutter.parts(item_from(row, card), shape)

    def drop(self, uuid: str) -> None:
        """Count a measure no more."""
        self.parts.pop(uuid, None)

    def bill(self, *, villages: bool) -> Bill:
        """Quantities and cost, by village too where asked."""
        found = [p if villages else p._replace(village=None) for own in self.parts.values() for p in own]
        return bill(found, self.edition, self.prices)

    def with_proposal(self, measure: str, geometry: Any, replaces: str = "") -> Bill:
        """The bill as it would be with a measure drawn like this, in place of another where one is moved."""
        wkb = flat_wkb(geometry)
        shape = self.shapes.read(wkb) if wkb is not None else None
        found = [p for uuid, own in self.parts.items() for p in own if uuid != replaces]
        if shape is not None:
            item = Item("proposal", measure, kind_of(self.shapes, shape))
            # by zone is not asked here: the whole of the measure is shown beside the cursor
            found += Cutter(self.shapes).parts(item, shape)
        return bill([p._replace(zone=None, village=None) for p in found], self.edition, self.prices)

    def by_parcel(self, rows: Iterable[Placed], cards: Mapping[str, Mapping[str, str]]) -> List[Part]:
        """Every measure cut by parcel; the slow one, for comparing schemes."""
        cutter = Cutter(self.shapes, zones=self.bases.zones, parcels=self.bases.parcels)
        found: List[Part] = []
        for row in rows:
            wkb = flat_wkb(row.geometry)
            shape = self.shapes.read(wkb) if wkb is not None else None
            if shape is not None and row.measure in self.edition.measures:
                found += cutter.parts(item_from(row, cards.get(row.uuid, {})), shape)
        return found

    # -- plots ----------------------------------------------------------
    def numbers(self, rows: Mapping[str, Placed], kept: Mapping[str, str]) -> Dict[str, str]:
        """Plot numbers by uuid and the largest ever given by village (``#village``); those given stay."""
        highest: Dict[Optional[str], int] = {}
        for key, value in kept.items():
            if key.startswith("#"):
                highest[key[1:] or None] = int(value)
        places = [self._place(row, kept) for row in rows.values() if row.uuid in self.parts]
        given = numbered(places, highest)
        for place in places:
            highest[place.village] = max(highest.get(place.village, 0), given[place.uuid])
        found = {uuid: str(n) for uuid, n in given.items()}
        return {**found, **{f"#{v or ''}": str(n) for v, n in highest.items()}}

    def _place(self, row: Placed, kept: Mapping[str, str]) -> Place:
        box = row.geometry.boundingBox()
        main = max(self.parts[row.uuid], key=lambda p: p.area_m2 or p.length_m or p.pieces)
        number = int(kept[row.uuid]) if row.uuid in kept else None
        return Place(row.uuid, main.village, box.xMinimum(), box.yMaximum(), number)

    def plots(self, numbers: Mapping[str, str]) -> List[Plot]:
        """The plot table."""
        given = {k: int(v) for k, v in numbers.items() if not k.startswith("#")}
        return plot_table([p for own in self.parts.values() for p in own], given)

    def labels(self, numbers: Mapping[str, str], unit: str, language: str) -> Dict[str, str]:
        """``number/measure/size`` by uuid."""
        return {p.uuid: label(p, self.edition, unit, language) for p in self.plots(numbers)}


def total_of(found: Bill, measure: str) -> List[Tuple[str, float]]:
    """A measure's whole quantities in its units."""
    sums: Dict[str, float] = {}
    for row in found.rows:
        if row.measure == measure and row.of != "width":
            sums[row.unit] = sums.get(row.unit, 0.0) + row.quantity
    return list(sums.items())
