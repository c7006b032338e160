"""What an edition is and the names its files use; clauses, rulings, cited standards, parameters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Optional, Tuple

from .words import BASES, LEVELS, SEVERITY_OF_LEVEL, one_of


@dataclass(frozen=True)
class Named:
    """A key with its name in both languages: a type, a zone, a group, a chapter, a section."""

    key: str
    zh: str
    en: str
    clause: Optional[str] = None


@dataclass(frozen=True)
class Wording:
    """A row of the draft's wording table: which word makes a sentence how strict."""

    word: str
    equivalents: Tuple[str, ...]
    level: str = one_of(*LEVELS)
    degree_zh: str = ""
    degree_en: str = ""


@dataclass(frozen=True)
class Rule:
    """A rule of chapter 7 that holds for all indicators (who passes, which data count)."""

    key: str
    clause: str
    zh: str
    en: str


@dataclass(frozen=True)
class CountyInput:
    """A number that the standard takes from the county profile, named ``@key`` in thresholds."""

    key: str
    zh: str
    en: str
    unit: Optional[str] = None
    minimum: Optional[float] = None
    maximum: Optional[float] = None
    codes: Optional[str] = None


@dataclass(frozen=True)
class Header:
    """``edition.yaml``: what the edition is and the names its other files may use."""

    id: str
    number: str
    title_zh: str
    title_en: str
    status_zh: str
    status_en: str
    types: Tuple[Named, ...]
    zones: Tuple[Named, ...]
    chapters: Tuple[Named, ...]
    sections: Tuple[Named, ...] = ()
    measure_groups: Tuple[Named, ...] = ()
    indicator_groups: Tuple[Named, ...] = ()
    wording: Tuple[Wording, ...] = ()
    rules: Tuple[Rule, ...] = ()
    county_inputs: Tuple[CountyInput, ...] = ()
    replaces: Optional[str] = None
    in_force: Optional[str] = None
    marks_zh: str = ""
    marks_en: str = ""
    notes_zh: Tuple[str, ...] = ()
    notes_en: Tuple[str, ...] = ()


@dataclass(frozen=True)
class Clause:
    """A clause, item, sub-item or explanatory note, paraphrased; what it asks and what it governs.

    ``id`` is unique, ``printed_id`` what the draft prints (they differ where it misnumbers).
    ``level`` follows the wording table, ``words`` are the words found.
    """

    id: str
    printed_id: str
    zh: str
    en: str
    use_zh: str
    use_en: str
    kind: str = one_of("clause", "item", "subitem", "note", "appendix", "table", "formula")
    level: str = one_of(*LEVELS)
    computable: str = one_of("none", "check", "geometry", "formula")
    basis: str = one_of(*BASES)
    parent: Optional[str] = None
    section: Optional[str] = None
    words: Tuple[str, ...] = ()
    governs: Tuple[str, ...] = ()
    standards: Tuple[str, ...] = ()
    rulings: Tuple[int, ...] = ()
    term_zh: Optional[str] = None
    term_en: Optional[str] = None

    @property
    def chapter(self) -> str:
        """Number of the chapter, read from the id (``CM-6.1.2`` and ``6.1.2`` both give ``6``)."""
        return self.id.replace("CM-", "", 1).split(".")[0].split("-")[0]

    @property
    def severity(self) -> str:
        """How a breach is reported: ``error``, ``warning`` or ``note``."""
        return SEVERITY_OF_LEVEL[self.level]


@dataclass(frozen=True)
class Ruling:
    """A contradiction, gap or misprint of the draft and how Qingliu settles it."""

    number: int
    issue_zh: str
    issue_en: str
    ruling_zh: str
    ruling_en: str
    kind: str = one_of("contradiction", "gap", "misprint")
    touches: Tuple[str, ...] = ()


@dataclass(frozen=True)
class CitedStandard:
    """A standard that the draft lists in 1.0.4 or cites in its text."""

    number: str
    title_zh: str
    title_en: str
    listed: bool
    cited_by: Tuple[str, ...] = ()
    printed: Optional[str] = None
    edition: Optional[str] = None
    note_zh: Optional[str] = None
    note_en: Optional[str] = None
    basis: str = one_of(*BASES, default="unverified")


@dataclass(frozen=True)
class Parameter:
    """A number or choice that rules and algorithms use.

    ``source`` is ``clause`` (the standard fixes it, see ``clauses``) or ``ours`` (it does not:
    a default with its reason, which the user may change).
    """

    key: str
    zh: str
    en: str
    default: Any
    reason_zh: str
    reason_en: str
    source: str = one_of("clause", "ours")
    basis: str = one_of(*BASES)
    group: str = one_of("survey", "siting", "zoning", "erosion", "evaluation", "terrain", "mapping", "checks")
    unit: Optional[str] = None
    operator: Optional[str] = one_of(">", ">=", "<", "<=", default=None)
    clauses: Tuple[str, ...] = ()
    minimum: Optional[float] = None
    maximum: Optional[float] = None
    choices: Tuple[str, ...] = ()
