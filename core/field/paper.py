"""The way back from paper: which row a printed code or mark means, and what of a print has come back (4.1.3, 4.1.4).

The list of a print (``records.csv``) gives every mark its row. What was typed may be the code as a scanner reads
it, the row's number from the list, or the mark of a print; a keyboard set to Chinese makes wide signs of them.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from typing import Any, Iterable, Mapping, NamedTuple, Optional, Sequence, Tuple

from ..errors import InputError
from ..mapsheets.marks import SCHEME, address, parse_address

COLUMNS = ("mark", "kind", "name", "layer", "row_id", "address", "pages", "x", "y")
PAGE = "sheet"  # codes of a map's page name the sheet it shows
META = "field_paper:"  # facts of the office; they do not travel with packages
_NUMBER = re.compile(r"[0-9A-Fa-f]{8}(-?[0-9A-Fa-f]{0,4}){0,3}-?[0-9A-Fa-f]{0,12}")
_PAGES = re.compile(r"\d+")
_ROW_DIGITS = 32
_LEAST_DIGITS = 8


class Printed(NamedTuple):
    """A row of a print's list: ``pages`` it stands on, ``at`` easting and northing in the maps' CRS."""

    mark: str
    kind: str
    name: str
    table: str
    row: str
    pages: Tuple[int, ...]
    at: Optional[Tuple[float, float]]

    @property
    def address(self) -> str:
        """What its printed code says."""
        return address(self.table, self.row)


class Print(NamedTuple):
    """A printed series: ``id`` is that of its list's content; ``pages`` by the sheet each shows."""

    id: str
    items: Tuple[Printed, ...]
    pages: Mapping[str, int]


class Code(NamedTuple):
    """What a text means: a row (``table`` empty where only its number was typed), or a page of a print."""

    table: str
    row: str
    page: int = 0


class Return(NamedTuple):
    """When a record came back and who entered it."""

    at: str
    who: str


# -- the list of a print ------------------------------------------------------
def read_print(
    rows: Iterable[Mapping[str, Optional[str]]], pages: Mapping[str, int], file: str = ""
) -> Print:
    """The list of a print. Raises InputError QL-PAPER-COLUMNS, QL-PAPER-EMPTY; ``file`` names it in messages."""
    items = []
    for row in rows:
        lacking = [name for name in COLUMNS if row.get(name) is None]
        if lacking:
            raise InputError("QL-PAPER-COLUMNS", file=file, columns=", ".join(lacking))
        items.append(_printed({name: str(row[name]).strip() for name in COLUMNS}))
    if not items:
        raise InputError("QL-PAPER-EMPTY", file=file)
    return Print(_identity(items), tuple(items), pages)


def _printed(row: Mapping[str, str]) -> Printed:
    try:
        at: Optional[Tuple[float, float]] = (float(row["x"]), float(row["y"]))
    except ValueError:
        at = None
    pages = tuple(int(n) for n in _PAGES.findall(row["pages"]))
    return Printed(row["mark"], row["kind"], row["name"], row["layer"], row["row_id"], pages, at)


def _identity(items: Sequence[Printed]) -> str:
    """The same for one list wherever it lies, another one where marks mean other rows."""
    text = "\n".join(sorted(f"{one.mark} {one.address}" for one in items))
    return hashlib.sha256(text.encode("utf-8")).hexdigest()[:16]


# -- codes --------------------------------------------------------------------
def read_code(text: str, printed: Optional[Print] = None) -> Code:
    """What a scanned or typed text means: address, row number (eight digits will do), mark or page of ``printed``.

    Raises InputError QL-PAPER-CODE, QL-PAPER-PAGE for a page of another print.
    """
    plain = unicodedata.normalize("NFKC", text).strip()
    if plain.lower().startswith(f"{SCHEME}:"):
        return _of_address(plain, printed)
    for one in printed.items if printed is not None else ():
        if one.mark.casefold() == plain.replace(" ", "").casefold():
            return Code(one.table, one.row)
    if _NUMBER.fullmatch(plain):
        digits = plain.replace("-", "").lower()
        if _LEAST_DIGITS <= len(digits) <= _ROW_DIGITS:
            return Code("", _dashed(digits))
    raise InputError("QL-PAPER-CODE", text=text.strip() or "–")


def _of_address(plain: str, printed: Optional[Print]) -> Code:
    head, _, rest = plain.partition("/")
    try:
        table, row = parse_address(f"{head.lower()}/{rest}")
    except InputError as error:
        raise InputError("QL-PAPER-CODE", text=plain) from error
    if table != PAGE or _NUMBER.fullmatch(row):
        return Code(table, row.lower())
    page = printed.pages.get(row.upper(), 0) if printed is not None else 0
    if not page:
        raise InputError("QL-PAPER-PAGE", sheet=row)
    return Code(PAGE, row.upper(), page)


def _dashed(digits: str) -> str:
    """Digits of a row's number as it is written: 8-4-4-4-12, as far as they go."""
    cuts = (0, 8, 12, 16, 20, 32)
    parts = [digits[a:b] for a, b in zip(cuts, cuts[1:])]
    return "-".join(part for part in parts if part)


# -- what came back -----------------------------------------------------------
Returned = Mapping[str, Return]


def note_returned(
    known: Returned, addresses: Iterable[str], back: bool, at: str, who: str
) -> dict[str, Return]:
    """What is back once these are (or are not, after all); who noted it first stays."""
    found = dict(known)
    for one in addresses:
        if back:
            found.setdefault(one, Return(at, who))
        else:
            found.pop(one, None)
    return found


def returned_text(returned: Returned) -> str:
    """As the survey keeps it: JSON, in order."""
    return json.dumps({key: list(returned[key]) for key in sorted(returned)}, ensure_ascii=False)


def read_returned(text: Optional[str]) -> dict[str, Return]:
    """What the survey kept; entries that are damaged are left out."""
    try:
        found: Any = json.loads(text or "{}")
    except ValueError:
        return {}
    if not isinstance(found, dict):
        return {}
    return {
        str(key): Return(str(value[0]), str(value[1]))
        for key, value in found.items()
        if isinstance(value, list) and len(value) == 2
    }
