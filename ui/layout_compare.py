"""Two schemes of a layout beside each other: what differs, what each costs, what the rules say of each (5.1.2).

``current`` is the layout as it is drawn now; the others are kept in a file beside the survey. A result that
was worked out from something else than what stands there now is stale and says so.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any, Dict, List, Mapping, NamedTuple, Optional, Sequence, Tuple

from qgis.core import QgsGeometry, QgsTask

from ..core.layoutplan.cutting import Cutter
from ..core.layoutplan.model import Part, item_of
from ..core.layoutplan.outlook import Drawn, Outlook, outlook
from ..core.layoutplan.prices import PriceList
from ..core.layoutplan.quantities import Bill, bill
from ..core.layoutplan.schemes import (
    SAME,
    Difference,
    Feature,
    ParcelDifference,
    by_parcel,
    compare,
    digest,
    merge,
)
from ..core.siting.engine import judge
from ..core.siting.features import Features
from ..core.siting.ground import LAYOUT, Ground
from ..core.siting.model import VERDICTS, Confirmation, MeasureFeature, verdict_of
from ..core.standard import Edition
from ..layers.schema import AUDIT_NAMES
from ..layers.sitingshapes import QgisShapes
from ..layers.sitingsigned import said_on
from ..layers.store.editing import flat_wkb
from .layout_ledger import Bases
from .layout_session import KIND_OF_SHAPE, LayoutSession, shape_of
from .tasks import TaskProgress

CURRENT = "current"
CARD_PREFIX = "card."
_NOT_KEPT = {"fid", *AUDIT_NAMES}


class Facts(NamedTuple):
    """What a scheme amounts to: its bill, how many measures each verdict has, the digest it rests on, and what
    it would make of the indicators that follow from a drawing.
    """

    features: Tuple[Feature, ...]
    bill: Bill
    verdicts: Mapping[str, int]
    parts: Tuple[Part, ...]
    digest: str
    outlook: Tuple[Outlook, ...] = ()


class Comparison(NamedTuple):
    """Two schemes beside each other."""

    first: Facts
    second: Facts
    differences: Tuple[Difference, ...]
    parcels: Tuple[ParcelDifference, ...]


def book_path(survey: Path) -> Path:
    """Where the schemes of a survey are kept."""
    return survey.with_name(survey.stem + "-schemes.gpkg")


def features_of(session: LayoutSession) -> Tuple[Feature, ...]:
    """The layout as it is drawn now; entries of the cards go along as ``card.<field>``."""
    found = []
    for row in session.rows.values():
        wkb = flat_wkb(row.geometry)
        if wkb is not None:
            values = {k: v for k, v in row.values.items() if k not in _NOT_KEPT and v is not None}
            card = {CARD_PREFIX + k: v for k, v in session.notes.card(row.uuid).items()}
            found.append(Feature(row.uuid, wkb, {**values, **card}))
    return tuple(sorted(found, key=lambda f: f.uuid))


def facts_of(
    features: Sequence[Feature], ground: Ground, bases: Bases, edition: Edition, prices: PriceList | None,
    confirmed: Mapping[str, Mapping[str, Confirmation]], progress: TaskProgress | None = None,
) -> Facts:  # fmt: skip
    """Quantities, verdicts and parcels of a scheme. Raises Cancelled."""
    shapes = QgisShapes()
    cutter = Cutter(shapes, zones=bases.zones, villages=bases.villages, parcels=bases.parcels)
    own = dataclasses.replace(ground, roles={**ground.roles, LAYOUT: Features()})
    measures = [_measure(f, confirmed.get(f.uuid, {})) for f in features]
    for measure in measures:
        own.put_measure(measure)
    parts: List[Part] = []
    drawn: List[Drawn] = []
    verdicts = dict.fromkeys(VERDICTS, 0)
    for n, (feature, measure) in enumerate(zip(features, measures)):
        shape = shapes.read(feature.wkb)
        if shape is not None and measure.key in edition.measures:
            parts += cutter.parts(_item(feature, shape), shape)
            drawn.append((measure.key, shape))
            verdicts[verdict_of(judge(measure, own, edition))] += 1
        if progress is not None:
            progress.step(n / max(1, len(features)))
    found = bill([p._replace(village=None) for p in parts], edition, prices)
    seen = outlook(drawn, own, edition)
    return Facts(tuple(features), found, verdicts, tuple(parts), digest(features), seen)


def _measure(feature: Feature, confirmed: Mapping[str, Confirmation]) -> MeasureFeature:
    values = {k: v for k, v in feature.attributes.items() if k not in ("uuid", "measure")}
    plain = {k: v for k, v in values.items() if not k.startswith(CARD_PREFIX)}
    card = {k[len(CARD_PREFIX) :]: v for k, v in values.items() if k.startswith(CARD_PREFIX)}
    key = str(feature.attributes.get("measure") or "")
    return MeasureFeature(feature.uuid, key, feature.wkb, {**plain, **said_on(card)}, confirmed)


def _item(feature: Feature, shape: Any) -> Any:
    other = CARD_PREFIX + "other_"
    values = dict(feature.attributes)
    values.update({k[len(other) :]: v for k, v in feature.attributes.items() if k.startswith(other)})
    return item_of(feature.uuid, str(values.get("measure") or ""), KIND_OF_SHAPE[shape_of(shape)], values)


def compared(
    task: QgsTask | None, first: Sequence[Feature], second: Sequence[Feature], ground: Ground, bases: Bases,
    edition: Edition, prices: PriceList | None, confirmed: Mapping[str, Mapping[str, Confirmation]],
) -> Comparison:  # fmt: skip
    """Both schemes worked out. Raises Cancelled."""
    progress = TaskProgress(task, 2) if task is not None else None
    facts = []
    for features in (first, second):
        if progress is not None:
            progress.stage("scheme")
        facts.append(facts_of(features, ground, bases, edition, prices, confirmed, progress))
    one, other = facts
    changed = tuple(d for d in by_parcel(one.parts, other.parts, edition) if d.kind != SAME)
    return Comparison(one, other, compare(one.bill, other.bill), changed)


class Made(NamedTuple):
    """A measure that a scheme brings into the layout: its geometry and columns."""

    uuid: str
    geometry: QgsGeometry
    values: Dict[str, Any]
    card: Dict[str, str]


def merged(
    first: Sequence[Feature], second: Sequence[Feature], bases: Bases, taken: Sequence[Optional[str]]
) -> List[Made]:
    """The first scheme with some parcels as in the second."""
    if bases.parcels is None:
        return []
    shapes = QgisShapes()
    found = []
    for one in merge(shapes, first, second, bases.parcels, set(taken)):
        wkb = one.feature.wkb if one.shape is None else shapes.wkb(one.shape)
        found.append(made_of(Feature(one.feature.uuid, wkb, one.feature.attributes)))
    return found


def made_of(feature: Feature) -> Made:
    """A feature of a scheme as the layout takes it."""
    geometry = QgsGeometry()
    geometry.fromWkb(feature.wkb)
    values = {k: v for k, v in feature.attributes.items() if not k.startswith(CARD_PREFIX)}
    card = {k[len(CARD_PREFIX) :]: str(v) for k, v in feature.attributes.items() if k.startswith(CARD_PREFIX)}
    return Made(feature.uuid, geometry, values, card)
