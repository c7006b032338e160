"""What other algorithms left beside a survey for its dossier: bill of quantities, findings of the layout check.

They are taken only where they still agree with the survey's measures (5.1.2, chapters 5 and 6).
"""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Iterator, Mapping, NamedTuple, Optional, Sequence

from qgis.core import QgsVectorLayer

from ..core.dossier.model import Amount, LayoutFinding
from ..core.errors import Problem
from ..core.layoutplan.model import OUTSIDE
from ..core.standard import Edition

QUANTITIES = "quantities.csv"
CHECKS = ("layout_check.gpkg", "checklayout.gpkg", "checklayout.csv", "layout_check.csv")
TOLERANCE = 0.005
_OUTSIDE = "各分区之外"


class Taken(NamedTuple):
    """What was taken from beside the survey, and what was not and why."""

    amounts: list[Amount]
    findings: Optional[list[LayoutFinding]]
    warnings: list[Problem]


def beside(folder: Path, measured: Sequence[Amount], uuids: frozenset[str], edition: Edition) -> Taken:
    """Quantities and findings beside the survey; ``measured`` are the map's own amounts.

    A bill that does not tie to the map, or findings about measures that are gone, are passed over with
    QL-DOSSIER-STALE.
    """
    warnings: list[Problem] = []
    amounts = list(measured)
    bill = list(_bill(folder / QUANTITIES, edition))
    if bill and ties(bill, measured):
        amounts = bill
    elif bill:
        warnings.append(Problem("QL-DOSSIER-STALE", {"file": QUANTITIES}))
    path = next((folder / name for name in CHECKS if (folder / name).is_file()), None)
    findings = list(_findings(path, edition)) if path is not None else None
    named = {f.measure_uuid for f in findings or () if f.measure_uuid}  # the others are of the whole layout
    if findings is not None and path is not None and not named <= uuids:
        warnings.append(Problem("QL-DOSSIER-STALE", {"file": path.name}))
        findings = None
    return Taken(amounts, findings, warnings)


def ties(bill: Sequence[Amount], measured: Sequence[Amount]) -> bool:
    """Whether a bill's totals by measure and unit are those of the map, as far as both have the unit."""
    on_map = {(a.measure, a.unit): _whole(a) for a in measured}
    sums: dict[tuple[str, str], float] = {}
    for amount in bill:
        sums[amount.measure, amount.unit] = sums.get((amount.measure, amount.unit), 0.0) + _whole(amount)
    both = sums.keys() & on_map.keys()
    same = all(abs(sums[k] - on_map[k]) <= max(TOLERANCE * abs(on_map[k]), 0.02) for k in both)
    return bool(both) and same and {m for m, _ in on_map} <= {m for m, _ in sums}


def _whole(amount: Amount) -> float:
    return (amount.built or 0.0) + (amount.planned or 0.0)


def _bill(path: Path, edition: Edition) -> Iterator[Amount]:
    """The rows of ``quantities.csv``, none where it is not there or not to be read."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            rows = list(csv.DictReader(stream))
    except (OSError, UnicodeDecodeError, csv.Error):
        return
    for row in rows:
        if row.get("of") == "width" or not row.get("measure"):
            continue
        zone = row.get("zone") or ""
        named = edition.zones.get(zone)
        place = named.zh if named else _OUTSIDE if zone == OUTSIDE else zone
        yield Amount(
            place, row.get("admin_village") or "", row["measure"] or "", row.get("unit") or "",
            _number(row.get("built")), _number(row.get("planned")), _number(row.get("cost")),
            int(_number(row.get("features")) or 0),
        )  # fmt: skip


def _number(text: Optional[str]) -> Optional[float]:
    try:
        return float(text) if text else None
    except ValueError:
        return None


def _findings(path: Path, edition: Edition) -> Iterator[LayoutFinding]:
    layer = QgsVectorLayer(str(path), path.stem, "ogr")
    if not layer.isValid():
        return
    names = layer.fields().names()
    for feature in layer.getFeatures():
        yield _finding({n: feature[n] for n in names}, edition)


def _finding(row: Mapping[str, object], edition: Edition) -> LayoutFinding:
    def text(name: str) -> str:
        value = row.get(name)
        return "" if value is None or str(value) == "NULL" else str(value)

    measure = edition.measures.get(text("measure"))
    return LayoutFinding(
        text("measure_uuid"), measure.name_zh if measure else text("measure_name"), text("rule_id"), text("clause"),
        text("severity"), text("message"), _number(text("failing_area_m2")), _number(text("failing_length_m")),
    )  # fmt: skip
