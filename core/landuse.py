"""What a land-use code means: GB/T 21010-2017 and the third national land survey alike.

Serves C.2 (forest and grass), C.7 and village land, and every siting rule that names land.
The lists and the counting rules are data of the edition (code lists ``land_use``,
``land_use_third_survey_extras``, ``land_use_counting``); other lists come with a map
(``LANDUSE_MAP``: a CSV with the columns ``code,gbt21010``).

A column of codes is judged as a whole: 203 is village land (settlement code) where the
column still has its leading zeros, and rubber plantation 0203 where they were lost.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Iterable, Mapping, NamedTuple

from .errors import InputError, Problem, problem
from .standard import Edition, default_edition

VILLAGE_SETTLEMENT = "203"
_FIRST_LEVEL_WETLAND = "00"
_NOTHING = "0"  # what rasters and numeric fields hold where nothing is known


class LandClass(NamedTuple):
    """A class of GB/T 21010: ``code`` of two (first level) or four digits; ``village`` land or not."""

    code: str
    village: bool = False


@dataclass(frozen=True)
class Scheme:
    """The codes of an edition.

    ``names``: code -> (zh, en) of GB/T 21010; ``aliases``: code of the third survey -> GB/T 21010;
    ``settlements``: settlement code -> first-level class; ``villages``: codes that are village land;
    ``forest_grass``: code -> always, wetland or whole.
    """

    names: Mapping[str, tuple[str, str]]
    aliases: Mapping[str, str]
    settlements: Mapping[str, str]
    villages: frozenset[str]
    forest_grass: Mapping[str, str]
    by_name: Mapping[str, str] = field(default_factory=dict)


class Classified(NamedTuple):
    """Every code of a column with its class; ``unmapped`` code -> area (m²) that has none."""

    classes: dict[Any, LandClass]
    unmapped: dict[str, float]
    warnings: list[Problem]


class LandUseMap(NamedTuple):
    """A ``LANDUSE_MAP``: code as text -> code of GB/T 21010."""

    targets: dict[str, str]
    warnings: list[Problem]


def scheme_of(edition: Edition) -> Scheme:
    """The land-use codes of an edition."""
    lists = edition.codelists
    items = lists["land_use"].items
    extras = lists["land_use_third_survey_extras"].items
    counting = lists["land_use_counting"].items
    aliases = {i.code: str(i.data["gbt21010"]) for i in extras if "gbt21010" in i.data}
    names = {i.code: (i.zh, i.en) for i in items}
    wetland = {i.code: (i.zh, i.en) for i in extras if i.code == _FIRST_LEVEL_WETLAND}
    return Scheme(
        names={**names, **wetland},
        aliases=aliases,
        settlements={i.code: str(i.data["counts_as"]) for i in counting if "counts_as" in i.data},
        villages=frozenset(i.code for i in counting if i.data.get("village")),
        forest_grass={i.code: str(i.data["forest_grass"]) for i in counting if "forest_grass" in i.data},
        by_name={**{i.zh: aliases.get(i.code, i.code) for i in extras if i.code in aliases},
                 **{zh: code for code, (zh, _) in names.items()}},
    )  # fmt: skip


@lru_cache(maxsize=1)
def default_scheme() -> Scheme:
    """The land-use codes of the edition in force."""
    return scheme_of(default_edition())


# -- single codes -----------------------------------------------------------


def code_text(value: Any) -> str:
    """A code as text: 33.0, '33.0' and '３３ ' are '33'; None and NaN are ''."""
    if value is None or isinstance(value, bool) or value != value:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    text = unicodedata.normalize("NFKC", str(value)).strip().upper()
    return re.sub(r"^(\d+)\.0+$", r"\1", text)


def exact_code(text: str, scheme: Scheme) -> str | None:
    """The GB/T 21010 code of a well-formed code of either list, None for anything else.

    0101, 0304K, 1104A, 05H1, 08H2A, 0508, 01; a class name (旱地), or a code with its name behind it.
    """
    if text in scheme.names:
        return text
    if text in scheme.aliases:
        return scheme.aliases[text]
    lettered = re.match(r"(05H1|08H1|08H2)[A-Z]?$", text)
    if lettered:
        return scheme.aliases.get(lettered.group(1))
    numbered = re.match(r"(\d{4})[AK]?(?![0-9A-Z])", text) or re.match(r"(\d{4})[AK]?[0-9A-Z]*$", text)
    if numbered:
        digits = numbered.group(1)
        return scheme.aliases.get(digits) or (digits if digits in scheme.names else None)
    return scheme.by_name.get(text)


def restored_code(text: str, scheme: Scheme) -> str | None:
    """The code that lost its leading zero (101 -> 0101, 1 -> 01, 304K -> 0304), None if there is none.

    A bare 0 is none: it is what rasters write where nothing is known, far oftener than wetland's 00.
    """
    match = re.match(r"([1-9]|\d{3})[AK]?$", text)
    return exact_code("0" + text, scheme) if match else None


def is_village(land: LandClass, scheme: Scheme | None = None) -> bool:
    """Whether land of this class is village land: rural homestead, or settlement code 203."""
    codes = scheme or default_scheme()
    return land.village or land.code in codes.villages


def forest_grass(code: str, wetland_forest: bool = False, scheme: Scheme | None = None) -> bool:
    """Whether land counts as forest and grass (C.2); 0304 and 0306 by ``wetland_forest``."""
    rule = (scheme or default_scheme()).forest_grass.get(code)
    return rule in ("always", "whole") or (rule == "wetland" and wetland_forest)


def group_members(codes: Iterable[str], scheme: Scheme | None = None) -> frozenset[str]:
    """A group of codes with the first-level codes all of whose classes it holds (01 for 0101-0103)."""
    known = scheme or default_scheme()
    group = frozenset(codes)
    whole = set()
    for code in {c[:2] for c in group}:
        under = {c for c in known.names if len(c) == 4 and c.startswith(code)}
        if under and under <= group:
            whole.add(code)
    return group | whole


def class_name(code: str, language: str = "zh", scheme: Scheme | None = None) -> str:
    """The class's name, the code itself where it has none."""
    names = (scheme or default_scheme()).names.get(code)
    return code if names is None else names[0 if language == "zh" else 1]


# -- a column of codes ------------------------------------------------------


def classify(
    areas: Mapping[Any, float],
    *,
    layer: str,
    parameter: str = "LANDUSE",
    mapping: Mapping[str, str] | None = None,
    scheme: Scheme | None = None,
) -> Classified:
    """The class of every code of a column.

    ``areas``: code as it stands in the data -> area in m² (for the messages and to judge whether
    the list is GB/T 21010 at all). ``mapping`` replaces the lists (``LANDUSE_MAP``). Raises InputError
    QL-LANDUSE-OTHERLIST where the codes belong to another list and no map is given, with all of them.
    Warnings: codes that lost their zero, unmapped codes with area, first-level forest or grass.
    """
    known = scheme or default_scheme()
    facts: dict[str, Any] = {"layer": layer, "parameter": parameter}
    texts = {raw: code_text(raw) for raw in areas}
    reader = _mapped(mapping, known) if mapping is not None else _column_reader(texts.values(), known)
    classes: dict[Any, LandClass] = {}
    unmapped: dict[str, float] = {}
    restored: dict[str, str] = {}
    for raw, text in texts.items():
        found, repaired = reader(text)
        if found is None:
            unmapped[text] = unmapped.get(text, 0.0) + areas[raw]
            continue
        if repaired:
            restored[text] = found.code
        classes[raw] = found
    if mapping is None:
        _refuse_other_list(areas, unmapped, restored, facts)
    return Classified(classes, unmapped, _column_warnings(classes, unmapped, restored, areas, known, facts))


def _mapped(mapping: Mapping[str, str], known: Scheme) -> Any:
    keys = {code_text(k): v for k, v in mapping.items()}

    def read(text: str) -> tuple[LandClass | None, bool]:
        target = keys.get(text)
        # A map may list only what is foreign; four digits with their zero are of the national lists.
        if target is None and re.match(r"0\d{3}", text):
            target = exact_code(text, known)
        return (_land(target, known) if target else None), False

    return read


def _column_reader(texts: Iterable[str], known: Scheme) -> Any:
    """Reads a code in the light of its column: are the leading zeros still there?"""
    kept_zeros = any(re.match(r"0\d", t) for t in texts)

    def read(text: str) -> tuple[LandClass | None, bool]:
        if kept_zeros and text in known.settlements:
            return _land(text, known), False
        exact = exact_code(text, known)
        if exact is not None:
            return _land(exact, known), False
        if not kept_zeros:
            restored = restored_code(text, known)
            if restored is not None:
                return _land(restored, known), True
        return (_land(text, known) if text in known.settlements else None), False

    return read


def _land(code: str, known: Scheme) -> LandClass:
    if code in known.settlements:
        return LandClass(known.settlements[code], code in known.villages)
    return LandClass(code, code in known.villages)


def _refuse_other_list(
    areas: Mapping[Any, float],
    unmapped: Mapping[str, float],
    restored: Mapping[str, str],
    facts: Mapping[str, Any],
) -> None:
    """Another list: more than half of the area has no class, or single digits fit only here and there."""
    named = {code: area for code, area in unmapped.items() if code not in ("", _NOTHING)}
    total = sum(areas.values())
    much = sum(named.values()) > total / 2
    if named and (much or restored):
        raise InputError("QL-LANDUSE-OTHERLIST", codes=_listed(named), **facts)


def _column_warnings(
    classes: Mapping[Any, LandClass],
    unmapped: Mapping[str, float],
    restored: Mapping[str, str],
    areas: Mapping[Any, float],
    known: Scheme,
    facts: Mapping[str, Any],
) -> list[Problem]:
    found = []
    if restored:
        pairs = ", ".join(f"{old} → {new}" for old, new in sorted(restored.items()))
        found.append(problem("QL-LANDUSE-ZEROLOST", pairs=pairs, **facts))
    if restored.get(VILLAGE_SETTLEMENT):
        found.append(problem("QL-LANDUSE-AMBIGUOUS", value=VILLAGE_SETTLEMENT, **facts))
    if unmapped:
        found.append(problem("QL-LANDUSE-UNMAPPED", codes=_listed(unmapped), **facts))
    whole: dict[str, float] = {}
    for raw, land in classes.items():
        if known.forest_grass.get(land.code) == "whole":
            whole[land.code] = whole.get(land.code, 0.0) + areas[raw]
    if whole:
        found.append(problem("QL-LANDUSE-WHOLE", codes=_listed(whole), **facts))
    return found


def _listed(areas: Mapping[str, float]) -> str:
    """Codes with their areas in hm², the largest first."""
    ordered = sorted(areas.items(), key=lambda pair: (-pair[1], pair[0]))
    return ", ".join(f"{code or 'NULL'} ({area / 10_000:.4f} hm²)" for code, area in ordered)


# -- the map ----------------------------------------------------------------


def parse_map(data: bytes, name: str, scheme: Scheme | None = None) -> LandUseMap:
    """A ``LANDUSE_MAP`` from the bytes of its CSV (UTF-8 with or without BOM, UTF-16, GBK as Excel writes).

    Raises InputError with all faults and their rows: QL-LANDUSE-MAPENCODING, -MAPCOLUMNS, -MAPEMPTY,
    -MAPCODE, -MAPTWICE, -MAPTARGET. Targets that lost their leading zero are repaired with a warning.
    """
    known = scheme or default_scheme()
    rows = _rows(_decoded(data, name), name)
    head = [unicodedata.normalize("NFKC", h).strip().lower() for h in (rows[0] if rows else [])]
    if "code" not in head or "gbt21010" not in head:
        raise InputError("QL-LANDUSE-MAPCOLUMNS", file=name, columns=", ".join(head) or "-")
    places = head.index("code"), head.index("gbt21010")
    reading = _MapReading(name, known)
    for number, row in enumerate(rows[1:], 2):
        if any(cell.strip() for cell in row):
            reading.row(number, *(row[p] if p < len(row) else "" for p in places))
    if not reading.targets and not reading.faults:
        reading.faults.append(problem("QL-LANDUSE-MAPEMPTY", file=name))
    if reading.faults:
        raise InputError(problems=reading.faults)
    return LandUseMap(reading.targets, reading.warnings())


class _MapReading:
    """Rows of a map as they come: ``targets`` so far and ``faults``."""

    def __init__(self, name: str, known: Scheme) -> None:
        self.name = name
        self.known = known
        self.targets: dict[str, str] = {}
        self.faults: list[Problem] = []
        self._first: dict[str, int] = {}
        self._restored: list[str] = []

    def row(self, number: int, code: str, target: str) -> None:
        """Take one row."""
        key, wanted = code_text(code), code_text(target)
        if not key:
            self._fault("QL-LANDUSE-MAPCODE", number, target=target)
            return
        found = exact_code(wanted, self.known)
        if found is None:
            found = restored_code(wanted, self.known)
            if found is None:
                self._fault("QL-LANDUSE-MAPTARGET", number, value=code, target=target)
                return
            self._restored.append(f"{number}: {wanted} → {found}")
        if self.targets.get(key, found) != found:
            self._fault("QL-LANDUSE-MAPTWICE", number, value=code, first=self._first[key])
            return
        self.targets[key] = found
        self._first.setdefault(key, number)

    def warnings(self) -> list[Problem]:
        """Targets whose leading zero was put back."""
        if not self._restored:
            return []
        return [problem("QL-LANDUSE-MAPZERO", file=self.name, rows=", ".join(self._restored))]

    def _fault(self, code: str, number: int, **facts: Any) -> None:
        self.faults.append(problem(code, file=self.name, row=number, **facts))


def _decoded(data: bytes, name: str) -> str:
    """The text of a CSV. Short GBK words can be valid UTF-8 by chance: the Chinese reading wins."""
    unicode16 = data[:2] in (b"\xff\xfe", b"\xfe\xff")
    found = [_decode(data, e) for e in (("utf-16",) if unicode16 else ("utf-8-sig", "gb18030"))]
    texts = [t for t in found if t is not None and "\x00" not in t]
    if not texts:
        raise InputError("QL-LANDUSE-MAPENCODING", file=name)
    return next((t for t in texts if _is_chinese(t)), texts[0])


def _decode(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        return None


def _is_chinese(text: str) -> bool:
    """Whether all letters beyond ASCII are Chinese characters or punctuation."""
    return not re.search("[^\x00-\x7f\u2000-\u206f\u3000-\u303f\u3400-\u9fff\uff00-\uffef]", text)


def _rows(text: str, name: str) -> list[list[str]]:
    """Rows of a CSV split by comma, semicolon or tab, whichever its head uses."""
    head = text.split("\n", 1)[0]
    delimiter = max(",;\t，", key=head.count)
    plain, sign = (text.replace("，", ","), ",") if delimiter == "，" else (text, delimiter)
    try:
        return list(csv.reader(io.StringIO(plain, newline=""), delimiter=sign))
    except csv.Error as error:
        raise InputError("QL-LANDUSE-MAPENCODING", file=name, reason=str(error)) from error
