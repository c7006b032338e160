"""Values on their way into the store and out of it: types kept, NULL kept, nothing guessed."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import math
import re
from typing import Any, Callable, Mapping

from ...core.errors import Problem
from .model import StoreColumn

_DATE = re.compile(r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])")
_DATETIME = re.compile(
    r"(?P<day>\d{4}-\d\d-\d\d)[T ](?P<minute>([01]\d|2[0-3]):[0-5]\d)(:(?P<second>[0-5]\d)(\.(?P<part>\d+))?)?"
    r"(Z|(?P<sign>[+-])(?P<hours>\d\d):?(?P<minutes>[0-5]\d))?"
)
_INTEGER_LIMIT = 2**63
_TRUE, _FALSE = (True, 1), (False, 0)

KIND_OF_SQL = {
    "TEXT": "text",
    "REAL": "number",
    "DOUBLE": "number",
    "FLOAT": "number",
    "INTEGER": "integer",
    "INT": "integer",
    "MEDIUMINT": "integer",
    "BOOLEAN": "boolean",
    "DATE": "date",
    "DATETIME": "datetime",
}


class Misfit(ValueError):
    """A value that its column does not take."""


def kind_of(sql_type: str) -> str:
    """The kind of a column from its declared type; ``blob`` for what a survey has no use for."""
    return KIND_OF_SQL.get(sql_type.upper().split("(")[0].strip(), "blob")


def multi_text(values: list[str] | tuple[str, ...] | set[str]) -> str:
    """Several codes as QGIS writes them: ``{"a","b"}``."""
    ordered = sorted(values) if isinstance(values, set) else values
    return "{" + ",".join(json.dumps(str(v), ensure_ascii=False) for v in ordered) + "}"


def multi_values(text: str | None) -> list[str]:
    """The codes of ``{"a","b"}`` (or of bare ``{a,b}``)."""
    if not text or not text.startswith("{"):
        return [text] if text else []
    inner = text[1:-1]
    try:
        return [str(v) for v in json.loads(f"[{inner}]")]
    except ValueError:
        return [part.strip() for part in inner.split(",") if part.strip()]


def _text(value: Any) -> str | None:
    if isinstance(value, (list, tuple, set, str)) and (not value or value == "{}"):
        return None  # QGIS writes {} where nothing is chosen; nothing entered is NULL, never an empty text
    if isinstance(value, (list, tuple, set)):
        return multi_text(value)
    if isinstance(value, (str, int, float)) and not isinstance(value, bool):
        text = str(value)
        text.encode("utf-8")  # a lone surrogate raises UnicodeEncodeError, a ValueError
        if "\0" in text:
            raise Misfit("NUL")
        return text
    raise Misfit(type(value).__name__)


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise Misfit(type(value).__name__)
    if not math.isfinite(value):
        raise Misfit(str(value))
    return float(value)


def _integer(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise Misfit(type(value).__name__)
    if not math.isfinite(value) or value != int(value) or not -_INTEGER_LIMIT <= value < _INTEGER_LIMIT:
        raise Misfit(str(value))
    return int(value)


def _boolean(value: Any) -> int:
    if isinstance(value, (bool, int)) and value in (0, 1):
        return int(value)
    raise Misfit(str(value))


def _iso(value: Any) -> str:
    text = value.isoformat() if hasattr(value, "isoformat") else value
    if not isinstance(text, str):
        raise Misfit(type(value).__name__)
    return text


def _date(value: Any) -> str:
    text = _iso(value)
    if not _DATE.fullmatch(text):
        raise Misfit(text)
    _day(text)
    return text


def _day(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError as error:  # 31 February
        raise Misfit(text) from error


def moment(value: Any) -> str:
    """A moment as GeoPackage writes it: UTC to the millisecond; without a zone it is taken as it stands.

    Raises Misfit (OGC 12-128r18, requirements 5 and 15: ``strftime('%Y-%m-%dT%H:%M:%fZ')``).
    """
    text = _iso(value)
    found = _DATETIME.fullmatch(text)
    if found is None:
        raise Misfit(text)
    hour, minute = map(int, found["minute"].split(":"))
    at = dt.datetime.combine(_day(found["day"]), dt.time(hour, minute, int(found["second"] or 0)))
    if found["sign"]:
        ahead = dt.timedelta(hours=int(found["hours"]), minutes=int(found["minutes"]))
        try:
            at = at - ahead if found["sign"] == "+" else at + ahead
        except OverflowError as error:
            raise Misfit(text) from error
    return f"{at.isoformat(timespec='seconds')}.{(found['part'] or '')[:3]:0<3}Z"


_CONVERT: Mapping[str, Callable[[Any], Any]] = {
    "text": _text,
    "number": _number,
    "integer": _integer,
    "boolean": _boolean,
    "date": _date,
    "datetime": moment,
}


def to_sql(column: StoreColumn, value: Any) -> Any:
    """A value as its column stores it. Raises Misfit (a ValueError)."""
    if value is None:
        return None
    convert = _CONVERT.get(column.kind)
    if convert is None:
        raise Misfit(column.kind)
    return convert(value)


def from_sql(column: StoreColumn, value: Any) -> Any:
    """A stored value as plain Python: booleans as bool, the rest as it stands."""
    if column.kind == "boolean" and value in (0, 1):
        return bool(value)
    return value


def misfit(table: str, row: str, field: str, value: Any, kind: str) -> Problem:
    """The problem of a value that does not fit its field."""
    shown = repr(value)
    facts = {"table": table, "row": row or "-", "field": field, "value": shown[:80], "kind": kind}
    return Problem("QL-STORE-VALUE", facts)


def digest(values: Mapping[str, Any], wkb: bytes | None) -> str:
    """Check value of a row's content; empty fields don't count, so that a new column changes nothing."""
    filled = {k: v for k, v in values.items() if v is not None}
    text = json.dumps(filled, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str)
    found = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=12)
    found.update(b"\0" + (wkb or b""))
    return found.hexdigest()


def geometry_digest(wkb: bytes | None) -> str | None:
    """Check value of a geometry for the log."""
    return None if wkb is None else hashlib.blake2b(wkb, digest_size=8).hexdigest()
