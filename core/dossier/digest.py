"""The hash of a survey by its content: the same wherever the file lies and however it was written (3.0.8)."""

from __future__ import annotations

import hashlib
import json
from typing import Any, Iterable, Mapping, Optional, Tuple

Content = Tuple[str, str, Mapping[str, Any], Optional[bytes]]
"""Table, key of the row, values, geometry."""


def content_digest(rows: Iterable[Content]) -> str:
    """SHA-256 over rows in the order of table and key; values by name, so that columns may stand anyhow.

    Whole numbers count the same as integer or real (SQLite keeps either).
    """
    each = sorted((table, key, _row_digest(values, wkb)) for table, key, values, wkb in rows)
    text = json.dumps(each, ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def _row_digest(values: Mapping[str, Any], wkb: Optional[bytes]) -> str:
    plain = {name: _plain(value) for name, value in values.items() if value is not None}
    text = json.dumps(plain, ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode("utf-8") + b"\0" + (wkb or b"")).hexdigest()


def _plain(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return int(value)
    if isinstance(value, bytes):
        return value.hex()
    return list(value) if isinstance(value, (list, tuple)) else value


def sums_text(files: Mapping[str, str]) -> str:
    """A list that ``sha256sum -c`` reads: hash and relative path, by path."""
    return "".join(f"{digest}  {name}\n" for name, digest in sorted(files.items()))
