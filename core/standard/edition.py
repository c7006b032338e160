"""The standard in force: open an edition, look things up, find what belongs together.

An edition is a folder of YAML under ``resources/standard`` (or a user's folder). Its parts are
read when first asked for, so that opening one costs nothing; :func:`load_edition` reads and
checks everything at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Mapping

from ..data import RESOURCES
from ..errors import EditionError
from . import model
from .reading import Part, read_part
from .targets import Target

DEFAULT_FOLDER = "slt534-draft2023"
SHIPPED = RESOURCES / "standard"

# part (file or folder of that name) -> the class of its records and the field that identifies them
PARTS: Mapping[str, tuple[type, str]] = MappingProxyType(
    {
        "edition": (model.Header, "id"),
        "clauses": (model.Clause, "id"),
        "rulings": (model.Ruling, "number"),
        "standards": (model.CitedStandard, "number"),
        "parameters": (model.Parameter, "key"),
        "siting": (model.Siting, ""),
        "measures": (model.Measure, "key"),
        "measures_in_text": (model.MeasuresInText, ""),
        "indicators": (model.Indicator, "number"),
        "sheet": (model.Sheet, ""),
        "tables": (model.Table, "id"),
        "codelists": (model.CodeList, "id"),
        "figures": (model.Figure, "key"),
        "maintenance": (model.MaintenanceDuty, "key"),
    }
)
# folders of an edition that are read by the part of the plugin whose rules they hold
OTHER_PARTS = ("zoning",)


@dataclass(frozen=True)
class Edition:
    """An edition of the standard; every part is read when first used.

    Reading a part with faults raises :class:`EditionError` with all faults of that part.
    Look-ups of something that is not there raise :class:`EditionError` (QL-STD-NOSUCH).
    """

    folder: Path

    def part(self, name: str) -> Part:
        """The raw part ``name``: its records, their places and their faults."""
        cache: dict[str, Part] = self.__dict__.setdefault("_parts", {})
        if name not in cache:
            cache[name] = read_part(self.folder, name, *PARTS[name])
        return cache[name]

    def _records(self, name: str) -> tuple[Any, ...]:
        found = self.part(name)
        if found.problems:
            raise EditionError(problems=found.problems)
        return found.records

    def _by_key(self, name: str) -> Mapping[Any, Any]:
        key = PARTS[name][1]
        return MappingProxyType({getattr(r, key): r for r in self._records(name)})

    def _single(self, name: str) -> Any:
        records = self._records(name)
        return records[0] if records else PARTS[name][0]()

    @cached_property
    def header(self) -> model.Header:
        """``edition.yaml``: id, titles, status, types, zones, groups, chapters."""
        records = self._records("edition")
        if not records:
            raise EditionError("QL-STD-NOFILE", file="edition.yaml", key="-", folder=str(self.folder))
        header: model.Header = records[0]
        return header

    @property
    def id(self) -> str:
        """Id of the edition, printed on every product and kept with every value."""
        return self.header.id

    @cached_property
    def types(self) -> Mapping[str, model.Named]:
        """Watershed types by key, in the order of table 7-1."""
        return MappingProxyType({t.key: t for t in self.header.types})

    @cached_property
    def zones(self) -> Mapping[str, model.Named]:
        """Zones by key, in the order of table B.1."""
        return MappingProxyType({z.key: z for z in self.header.zones})

    @cached_property
    def clauses(self) -> Mapping[str, model.Clause]:
        """Clauses, items and notes by id, in printed order."""
        return self._by_key("clauses")

    @cached_property
    def rulings(self) -> Mapping[int, model.Ruling]:
        """How contradictions of the draft are settled, by number."""
        return self._by_key("rulings")

    @cached_property
    def standards(self) -> Mapping[str, model.CitedStandard]:
        """Cited standards by number (``GB 3838``)."""
        return self._by_key("standards")

    @cached_property
    def parameters(self) -> Mapping[str, model.Parameter]:
        """Parameters by key."""
        return self._by_key("parameters")

    @cached_property
    def siting(self) -> model.Siting:
        """Vocabulary of the siting rules."""
        siting: model.Siting = self._single("siting")
        return siting

    @cached_property
    def measures(self) -> Mapping[str, model.Measure]:
        """Measures of table B.1 by key, in its order."""
        ordered = sorted(self._records("measures"), key=lambda m: m.number)
        return MappingProxyType({m.key: m for m in ordered})

    @cached_property
    def measures_in_text(self) -> model.MeasuresInText:
        """Measures that only clauses name, and the main measures by watershed type."""
        found: model.MeasuresInText = self._single("measures_in_text")
        return found

    @cached_property
    def indicators(self) -> Mapping[int, model.Indicator]:
        """Indicators of table 7-1 by number."""
        ordered = sorted(self._records("indicators"), key=lambda i: i.number)
        return MappingProxyType({i.number: i for i in ordered})

    @cached_property
    def sheet(self) -> model.Sheet:
        """Head of every survey table."""
        sheet: model.Sheet = self._single("sheet")
        return sheet

    @cached_property
    def tables(self) -> Mapping[str, model.Table]:
        """Survey tables by id (``A.6``), in the order of appendix A, extensions last."""
        ordered = sorted(self._records("tables"), key=_table_order)
        return MappingProxyType({t.id: t for t in ordered})

    @cached_property
    def codelists(self) -> Mapping[str, model.CodeList]:
        """Code lists by id."""
        return self._by_key("codelists")

    @cached_property
    def figures(self) -> Mapping[str, model.Figure]:
        """Figures by key, in their order."""
        ordered = sorted(self._records("figures"), key=lambda f: f.order)
        return MappingProxyType({f.key: f for f in ordered})

    @cached_property
    def maintenance(self) -> Mapping[str, model.MaintenanceDuty]:
        """Duties of maintenance (chapter 8) by key, in its order."""
        return self._by_key("maintenance")

    def clause(self, clause_id: str) -> model.Clause:
        """The clause ``clause_id``."""
        return self._find(self.clauses, "clause", clause_id)

    def ruling(self, number: int) -> model.Ruling:
        """The ruling ``number``."""
        return self._find(self.rulings, "ruling", number)

    def parameter(self, key: str) -> model.Parameter:
        """The parameter ``key``."""
        return self._find(self.parameters, "parameter", key)

    def measure(self, key: str) -> model.Measure:
        """The measure ``key``."""
        return self._find(self.measures, "measure", key)

    def indicator(self, which: int | str) -> model.Indicator:
        """The indicator with number or key ``which``."""
        if isinstance(which, str) and not which.isdigit():
            keys = {i.key: i for i in self.indicators.values()}
            return self._find(keys, "indicator", which)
        return self._find(self.indicators, "indicator", int(which))

    def table(self, table_id: str) -> model.Table:
        """The survey table with id (``A.6``) or store name (``a6``) ``table_id``."""
        names = {t.name: t for t in self.tables.values()}
        return self._find({**names, **self.tables}, "table", table_id)

    def column(self, table_id: str, key: str) -> model.Column:
        """The column ``key`` of table ``table_id``."""
        columns = {c.key: c for c in self.table(table_id).columns}
        return self._find(columns, "column", key)

    def figure(self, key: str) -> model.Figure:
        """The figure ``key``."""
        return self._find(self.figures, "figure", key)

    def codelist(self, list_id: str) -> model.CodeList:
        """The code list ``list_id``."""
        return self._find(self.codelists, "codelist", list_id)

    def code_label(self, list_id: str, code: str, language: str | None = None) -> str:
        """Name of ``code`` in a code list, the code itself where the list lacks it."""
        item = self.codelist(list_id).item(code)
        return code if item is None else model.text(item, language=language)

    def items(self, column: model.Column) -> tuple[model.CodeItem, ...]:
        """The values a column offers, in place or from its code list; () where it is free."""
        rule = column.constraint
        if rule.codes is None:
            return rule.enum
        found = self.codelist(rule.codes).items
        if rule.within:
            found = tuple(i for i in found if i.parent in rule.within)
        if rule.level is not None:
            found = tuple(i for i in found if len(i.code) == rule.level)
        return found

    def default(self, key: str) -> Any:
        """Default of the parameter ``key``."""
        return self.parameter(key).default

    @cached_property
    def links(self) -> Mapping[Target, tuple[Target, ...]]:
        """Everything that belongs together, both ways (see :mod:`.links`)."""
        from .links import index

        return index(self)

    def links_to(self, target: str | Target) -> tuple[Target, ...]:
        """What a clause governs, or the clauses and rulings behind anything else.

        ``links_to("clause:4.3.1")`` holds ``table:A.6``, ``links_to("table:A.6")`` holds
        ``clause:4.3.1``.
        """
        from .targets import parse

        return self.links.get(parse(target) if isinstance(target, str) else target, ())

    def _find(self, among: Mapping[Any, Any], kind: str, key: Any) -> Any:
        try:
            return among[key]
        except KeyError:
            raise EditionError("QL-STD-NOSUCH", kind=kind, name=key, edition=self.id) from None


def _table_order(table: model.Table) -> tuple[float, str]:
    if table.order is not None:
        return table.order, table.id
    digits = "".join(c for c in table.id if c.isdigit())
    return float(digits or 0), table.id


def open_edition(folder: Path) -> Edition:
    """The edition in ``folder``, unchecked: its parts are read when first used."""
    return Edition(Path(folder))


def load_edition(folder: Path) -> Edition:
    """The edition in ``folder``, read and checked completely.

    Raises :class:`EditionError` with one problem per fault, each naming file, key and reason.
    """
    from .checking import check

    edition = open_edition(folder)
    problems = check(edition)
    if problems:
        raise EditionError(problems=problems)
    return edition


def editions(user_folder: Path | None = None) -> dict[str, Path]:
    """Available editions: folder name -> folder, those shipped and those in ``user_folder``.

    A user's edition wins over a shipped one of the same name.
    """
    found: dict[str, Path] = {}
    for root in (SHIPPED, user_folder):
        if root is not None and Path(root).is_dir():
            found.update({p.parent.name: p.parent for p in sorted(Path(root).glob("*/edition.yaml"))})
    return found


@lru_cache(maxsize=1)
def default_edition() -> Edition:
    """The edition the plugin ships as its rule set (cached; its parts are read when first used)."""
    return open_edition(SHIPPED / DEFAULT_FOLDER)
