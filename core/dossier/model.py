"""What goes into a dossier: the survey as read, evaluated, checked, drawn and hashed (3.0.8)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Mapping, NamedTuple, Optional, Sequence, Tuple

from ..county import County
from ..errors import Problem
from ..evaluation import Evaluation, EvaluationInput
from ..printing import PrintedSheet
from ..standard import Edition
from ..surveychecks import Finding

ACCEPTANCE = {
    "acceptance_date": "验收日期",
    "acceptance_document": "验收文件（名称、文号）",
    "acceptance_authority": "验收主持单位",
}
"""Keys of the survey's ``meta`` for the acceptance that 3.0.8 asks for before the evaluation."""

THERE, LOST, OUTSIDE, DELETED = "there", "lost", "outside", "deleted"


class Evidence(NamedTuple):
    """A file that statements rest on: evidence of ``indicator_input`` or a photo of a row.

    ``state`` is there, lost, outside (leads out of the survey's folder) or deleted (its photo row was
    removed). ``numbers`` are the indicators it supports. ``picture`` is a reduced image, ``words`` the
    text of a small text file.
    """

    path: str
    kind: str
    state: str
    numbers: Tuple[int, ...] = ()
    table: str = ""
    row: str = ""
    statement: str = ""
    person: str = ""
    date: str = ""
    digest: str = ""
    picture: bytes = b""
    size: Tuple[int, int] = (0, 0)
    words: str = ""


class FigureSheet(NamedTuple):
    """A figure of the plan: its picture, or why there is none.

    It ``lacks`` layers, marked ones are ``withheld``, or (with neither) it was not asked for.
    """

    key: str
    title: str
    number: int
    required_by: Optional[str] = None
    picture: bytes = b""
    size: Tuple[int, int] = (0, 0)
    lacks: Tuple[str, ...] = ()
    withheld: Tuple[str, ...] = ()


class FileHash(NamedTuple):
    """A file or database that the dossier rests on; ``what`` says how it was hashed (bytes or content)."""

    name: str
    what: str
    digest: str


class Amount(NamedTuple):
    """How much of a measure (its key) there is in a zone and village, in its unit, on how many features."""

    zone: str
    village: str
    measure: str
    unit: str
    built: Optional[float]
    planned: Optional[float]
    cost: Optional[float] = None
    features: int = 0


class LayoutFinding(NamedTuple):
    """What ``checklayout`` found about a measure: the rule, how grave, and how much of it fails (m², m)."""

    measure_uuid: str
    measure: str
    rule_id: str
    clause: str
    severity: str
    message: str
    area_m2: Optional[float] = None
    length_m: Optional[float] = None


class Duty(NamedTuple):
    """A duty of a card: its clause, what is to be done, how often, and why this often."""

    clause: str
    text: str
    interval: str
    reason: str


class Card(NamedTuple):
    """The maintenance card of a measure, or of all of them (chapter 8)."""

    title: str
    duties: Tuple[Duty, ...]


class Decision(NamedTuple):
    """A person's decision to let marked layers into the dossier."""

    by: str
    reason: str
    layers: Tuple[str, ...]


@dataclass(frozen=True)
class Contents:
    """Everything a dossier is made of; plain data, so that equal contents give equal dossiers.

    ``names`` says what a row of a table is called, by (table, uuid), ``layers`` what tables and layers are
    called, ``measures`` key and name of every measure of the layout by its uuid. ``warnings`` are problems met
    on the way that belong into the dossier.
    """

    edition: Edition
    type: str
    date: date
    version: str
    meta: Mapping[str, str]
    given: EvaluationInput
    evaluation: Evaluation
    county: Optional[County] = None
    sheets: Sequence[PrintedSheet] = ()
    findings: Sequence[Finding] = ()
    evidence: Sequence[Evidence] = ()
    figures: Sequence[FigureSheet] = ()
    files: Sequence[FileHash] = ()
    amounts: Sequence[Amount] = ()
    layout_findings: Optional[Sequence[LayoutFinding]] = None
    cards: Sequence[Card] = ()
    decisions: Sequence[Decision] = ()
    names: Mapping[Tuple[str, str], str] = field(default_factory=dict)
    layers: Mapping[str, str] = field(default_factory=dict)
    measures: Mapping[str, Tuple[str, str]] = field(default_factory=dict)
    warnings: Sequence[Problem] = ()

    @property
    def name(self) -> str:
        """The watershed's name, its code where it has none."""
        return self.meta.get("name") or self.meta.get("code") or "小流域"

    @property
    def lacking_acceptance(self) -> Tuple[str, ...]:
        """What of the acceptance is not there."""
        return tuple(zh for key, zh in ACCEPTANCE.items() if not self.meta.get(key, "").strip())

    @property
    def accepted(self) -> bool:
        """Whether date, document and authority of the acceptance are known."""
        return not self.lacking_acceptance
