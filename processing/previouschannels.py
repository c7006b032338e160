"""The channels of an earlier survey (``PREVIOUS``): who they are, or why that cannot be said (A.6)."""

from __future__ import annotations

from typing import Any, Callable, Sequence

import numpy as np
from qgis.core import QgsCoordinateReferenceSystem, QgsFeatureRequest

from ..core.errors import Problem
from ..core.progress import Progress
from ..core.terrain.matching import NEW, SPLIT, Earlier, Identity, new_uuid
from ..layers.lines import line_parts
from ..layers.records import LINE, Record, Wanted, id_list, number_of, plain
from .inputs import Inputs

LARGEST_ID = 2**31 - 1_000_000  # room for new ones in a 32-bit field


def earlier_channels(
    inputs: Inputs,
    target: QgsCoordinateReferenceSystem,
    first: QgsCoordinateReferenceSystem,
    progress: Progress,
) -> list[Earlier]:
    """The rows of ``PREVIOUS`` in ``target``; its faults are left with ``inputs`` to be settled.

    Every id and uuid must be there once: rows of table A.6 point at channels by them. Rows that
    had vanished then come along, so that they may return under their id and nobody else gets it.
    """
    wanted = Wanted(LINE, ("channel_id", "uuid", "name"))
    records = inputs.records("PREVIOUS", target, wanted, first=first, progress=progress)
    if not records:
        return []
    facts = {"parameter": "PREVIOUS", "layer": inputs.title("PREVIOUS")}
    faults = _faults(records, facts)
    if faults:
        inputs.faults.extend(faults)
        return []
    nameless = [r.fid for r in records if not r.uuid]
    if nameless:
        without = {"count": len(nameless), "ids": id_list(nameless), **facts}
        inputs.warn([Problem("QL-STREAMS-PREVIOUSNOUUID", without)])
    return [_earlier(record) for record in records]


def above_given_ids(identities: list[Identity], inputs: Inputs) -> list[Identity]:
    """``identities`` with new ids above every id of ``PREVIOUS``, of rows that could not be read too."""
    source = inputs.source("PREVIOUS")
    if source is None:
        return identities
    index = source.fields().lookupField("channel_id")
    given = [number_of(plain(f.attribute(index))) for f in source.getFeatures(_attributes_only(index))]
    largest = max((int(n) for n in given if n is not None and n <= LARGEST_ID), default=0)
    fresh = [i.channel_id for i in identities if i.change in (NEW, SPLIT)]
    shift = largest + 1 - min(fresh, default=largest + 1)
    if shift <= 0:
        return identities
    return [
        i._replace(channel_id=i.channel_id + shift) if i.change in (NEW, SPLIT) else i for i in identities
    ]


def _attributes_only(index: int) -> QgsFeatureRequest:
    request = QgsFeatureRequest().setSubsetOfAttributes([index])
    return request.setFlags(QgsFeatureRequest.Flag.NoGeometry)


def _earlier(record: Record) -> Earlier:
    number, name = _number(record), record.attributes.get("name")
    parts = list(line_parts(record.wkb or b""))
    text = None if name in (None, "") else str(name)
    return Earlier(number or 0, record.uuid or new_uuid(), text, _longest(parts))


def _longest(parts: Sequence[np.ndarray]) -> np.ndarray:
    return max(parts, key=lambda xy: float(np.hypot(*np.diff(xy, axis=0).T).sum()))


def _number(record: Record) -> int | None:
    """The channel's id, None where it is no whole number from 1."""
    found = number_of(record.attributes["channel_id"])
    if found is None or found != int(found) or not 1 <= found <= LARGEST_ID:
        return None
    return int(found)


def _faults(records: Sequence[Record], facts: dict[str, Any]) -> list[Problem]:
    bad = [r for r in records if _number(r) is None]
    found = []
    if bad:
        example = repr(bad[0].attributes["channel_id"])
        named = {"count": len(bad), "ids": id_list([r.fid for r in bad]), "example": example}
        found.append(Problem("QL-STREAMS-PREVIOUSID", {**named, **facts}))
    found += _doubled(records, "channel_id", _number, facts)
    found += _doubled(records, "uuid", lambda r: r.uuid, facts)
    return found


def _doubled(
    records: Sequence[Record], field: str, key: Callable[[Record], Any], facts: dict[str, Any]
) -> list[Problem]:
    first: set[Any] = set()
    again = []
    for record in records:
        value = key(record)
        if value in first:
            again.append(record)
        elif value is not None:
            first.add(value)
    if not again:
        return []
    named = {"field": field, "count": len(again), "ids": id_list([r.fid for r in again])}
    return [Problem("QL-STREAMS-PREVIOUSTWICE", {**named, "example": repr(key(again[0])), **facts})]
