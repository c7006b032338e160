"""Erosion polygons as the algorithms need them: every feature with its class of SL 190.

``EROSION`` or ``OFFICIAL`` with its field: codes 1-6 or the Chinese class name (CONTRACT, "Erosion").
"""

from __future__ import annotations

import re
import unicodedata
from typing import Any, NamedTuple, Sequence

from ..core.areas import Part
from ..core.erosion.scale import IntensityScale
from ..core.errors import InputError, Problem, problem
from .planar import geometry_of, polygons_in
from .records import Record

CLASS_FIELD = "class"
ESTIMATE_FIELD = "estimate"
NO_CODE = ""
"""Code of a part whose class is not known."""

_TRUE = (True, 1, "1", "true", "t", "yes", "是")
_VALUES_SHOWN = 10
# Numbers of rows, which may happen to run from 1 to 6.
_SERIALS = frozenset({"fid", "id", "gid", "ogc_fid", "objectid", "bsm"})


class ErosionParts(NamedTuple):
    """Single polygons coded ``"1"`` .. ``"6"``, or ``""`` without a class; ``estimate`` where the layer says so."""

    parts: list[Part]
    estimate: bool
    warnings: list[Problem]


def class_of(value: Any, scale: IntensityScale) -> int | None:
    """Class code of an attribute: 3, 3.0, '3', '3 中度', 中度, 中度侵蚀, moderate; None for anything else."""
    if value is None or isinstance(value, bool):
        return None
    known = {c.code: c for c in scale.classes}
    if isinstance(value, (int, float)):
        return int(value) if value == int(value) and int(value) in known else None
    text = unicodedata.normalize("NFKC", str(value)).strip()
    numbered = re.match(r"(\d+)(?:\.0*)?(?!\d)", text)
    if numbered:
        code = int(numbered.group(1))
        return code if code in known else None
    name = re.sub(r"(水力)?(侵蚀|流失)$", "", text).lower()
    found = [c.code for c in scale.classes if name in (c.zh, c.en.lower(), c.en.lower().split(" (")[0])]
    return found[0] if found else None


def class_field(records: Sequence[Record], scale: IntensityScale) -> str | None:
    """The field ``class``, or the only field whose every value is an erosion class; None where unclear."""
    names = list(records[0].attributes) if records else []
    if CLASS_FIELD in names:
        return CLASS_FIELD
    found = [name for name in names if name.lower() not in _SERIALS and _holds_classes(records, name, scale)]
    return found[0] if len(found) == 1 else None


def _holds_classes(records: Sequence[Record], name: str, scale: IntensityScale) -> bool:
    values = {record.attributes.get(name) for record in records} - {None}
    return bool(values) and all(class_of(value, scale) is not None for value in values)


def erosion_parts(
    records: Sequence[Record], field: str, scale: IntensityScale, *, layer: str, parameter: str
) -> ErosionParts:
    """The polygons with their class. Raises QL-EROSION-CODES where no value is a class.

    Values that are none are listed with their area; their land has no class. An estimate's own null,
    land that could not be graded, is not worth a word.
    """
    parts: list[Part] = []
    odd: dict[str, float] = {}
    for record in records:
        shape = geometry_of(record.wkb or b"")
        value = record.attributes.get(field)
        code = class_of(value, scale)
        if code is None and not (value is None and ESTIMATE_FIELD in record.attributes):
            text = "NULL" if value is None else str(value)
            odd[text] = odd.get(text, 0.0) + shape.area()
        name = NO_CODE if code is None else str(code)
        parts += [Part(name, bytes(p.asWkb()), record.fid) for p in polygons_in(shape)]
    facts: dict[str, Any] = {"layer": layer, "parameter": parameter, "field": field}
    if parts and all(p.code == NO_CODE for p in parts):
        raise InputError("QL-EROSION-CODES", values=_listed(odd), **facts)
    warnings = [problem("QL-EROSION-ODDCODES", values=_listed(odd), **facts)] if odd else []
    return ErosionParts(parts, _is_estimate(records), warnings)


def _is_estimate(records: Sequence[Record]) -> bool:
    def says_so(value: Any) -> bool:
        return (value.lower() if isinstance(value, str) else value) in _TRUE

    return any(says_so(r.attributes.get(ESTIMATE_FIELD)) for r in records)


def _listed(areas: dict[str, float]) -> str:
    ranked = sorted(areas.items(), key=lambda item: -item[1])
    shown = [f"{text} ({area / 1e4:.4f} hm²)" for text, area in ranked[:_VALUES_SHOWN]]
    return ", ".join(shown) + (" …" if len(ranked) > _VALUES_SHOWN else "")
