"""What each figure draws: the ``content`` of the edition's figures and ``resources/figures``, checked.

A figure without content draws the layer whose role is its own key, so that adding a figure takes one file.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from functools import cache
from typing import Any, Mapping

from ..core.data import RESOURCES, load_yaml
from ..core.errors import EditionError, Problem
from ..core.standard import Edition

TABLES = ("", "measures", "evaluation")
BASE = ("outline", "villages", "channels", "water", "relief")


@dataclass(frozen=True)
class Drawing:
    """A role's layer in one look; ``draw`` names a verb of :mod:`.drawings`, else a single symbol is given.

    ``clip``: what lies beside the watershed is covered.
    """

    key: str
    role: str
    zh: str
    draw: str = ""
    fill: Mapping[str, str] = field(default_factory=dict)
    line: Mapping[str, str] = field(default_factory=dict)
    marker: Mapping[str, str] = field(default_factory=dict)
    kinds: str = ""
    field: str = ""
    label: str = ""
    size: float = 8.0
    colour: str = "#000000"
    legend: bool = True
    clip: bool = False


@dataclass(frozen=True)
class Figure:
    """A figure of the plan: what it needs and draws, top layer first.

    All roles of ``needs`` and, where given, one of ``needs_any`` must be there; ``wider`` is the room
    around the watershed, 1 = none.
    """

    key: str
    zh: str
    en: str
    number: int
    required_by: str | None
    needs: tuple[str, ...]
    layers: tuple[str, ...]
    needs_any: tuple[str, ...] = ()
    table: str = ""
    facts: bool = False
    wider: float = 1.06


_CONTENT = ("needs", "needs_any", "layers", "table", "facts", "wider")


@cache
def drawings() -> dict[str, Drawing]:
    """The looks of ``resources/figures/layers.yaml``. Raises EditionError QL-FIG-CONTENT with all faults."""
    known = {f.name for f in fields(Drawing)} - {"key"}
    faults: list[Problem] = []
    found: dict[str, Drawing] = {}
    for key, entry in load_yaml(RESOURCES / "figures" / "layers.yaml").items():
        strange = sorted(set(entry) - known)
        lacks = [name for name in ("role", "zh") if not entry.get(name)]
        if strange or lacks:
            facts = {"file": "layers.yaml", "figure": key, "names": ", ".join([*strange, *lacks])}
            faults.append(Problem("QL-FIG-CONTENT", facts))
        else:
            found[key] = Drawing(key=key, **entry)
    if faults:
        raise EditionError(problems=faults)
    return found


def figures(edition: Edition) -> dict[str, Figure]:
    """The figures of an edition in order. Raises EditionError QL-FIG-CONTENT with all faults."""
    faults: list[Problem] = []
    found = {}
    ordered = sorted(edition.figures.values(), key=lambda f: (f.order, f.key))
    for number, record in enumerate(ordered, start=1):
        content = record.content
        wrong = _faults(record.key, content)
        faults += wrong
        if not wrong:
            found[record.key] = _figure(record, number, content)
    if faults:
        raise EditionError(problems=faults)
    return found


def _figure(record: Any, number: int, content: Mapping[str, Any]) -> Figure:
    needs_any = tuple(content.get("needs_any", ()))
    return Figure(
        key=record.key,
        zh=record.zh,
        en=record.en,
        number=number,
        required_by=record.required_by,
        needs=tuple(content.get("needs", () if needs_any else (record.key,))),
        needs_any=needs_any,
        layers=tuple(content.get("layers", (record.key, *BASE))),
        table=content.get("table", ""),
        facts=bool(content.get("facts", False)),
        wider=float(content.get("wider", 1.06)),
    )


def _faults(key: str, content: Mapping[str, Any]) -> list[Problem]:
    """Unknown keys, drawings and tables, and a room that is no number of at least 1."""
    wrong = [name for name in content if name not in _CONTENT]
    layers = content.get("layers", ())
    if isinstance(layers, (list, tuple)):
        wrong += [str(name) for name in layers if name not in drawings() and name != key]
    else:
        wrong.append("layers")
    if content.get("table", "") not in TABLES:
        wrong.append(f"table={content['table']}")
    wider = content.get("wider", 1.06)
    if isinstance(wider, bool) or not isinstance(wider, (int, float)) or not 1 <= wider <= 10:
        wrong.append(f"wider={wider}")
    for name in ("needs", "needs_any"):
        if not isinstance(content.get(name, []), (list, tuple)):
            wrong.append(name)
    facts = {"file": f"figures/{key}.yaml", "figure": key, "names": ", ".join(wrong)}
    return [Problem("QL-FIG-CONTENT", facts)] if wrong else []
