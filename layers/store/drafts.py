"""Drafts: what a person has entered and the store has not yet taken, on disk within the second.

A draft is written before a save and removed after COMMIT, so that a refused save, a full disk or a
crash loses nothing; forms write theirs while they are filled. A draft whose save is in the log was
saved and is dropped.
"""

from __future__ import annotations

import json
import os
import uuid as uuids
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Mapping, Sequence

from ..replacing import replace
from .changelog import now
from .model import KEEP, Change, Delete, Insert, Keep, Update
from .values import multi_text


@dataclass(frozen=True)
class Draft:
    """Changes not yet saved, with the store they belong to; ``id`` becomes the id of their save."""

    store_id: str
    changes: tuple[Change, ...]
    who: str = ""
    why: str = ""
    at: str = field(default_factory=now)
    id: str = field(default_factory=lambda: str(uuids.uuid4()))


class Drafts:
    """The drafts of one person's machine, one file each in ``folder``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def keep(self, draft: Draft) -> Path:
        """Write a draft, replacing an earlier state of it; on disk when this returns. Raises OSError."""
        self.folder.mkdir(parents=True, exist_ok=True)
        final = self._path(draft.id)
        part = final.with_suffix(".part")
        data = json.dumps(_to_json(draft), ensure_ascii=False)
        with open(part, "w", encoding="utf-8") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        replace(part, final)
        return final

    def drop(self, draft_id: str) -> None:
        """Remove a draft."""
        self._path(draft_id).unlink(missing_ok=True)

    def left(self, store_id: str) -> list[Draft]:
        """Drafts of a survey, oldest first; files that cannot be read stay where they are."""
        found = []
        for path in sorted(self.folder.glob("*.json")) if self.folder.is_dir() else ():
            try:
                draft = _from_json(json.loads(path.read_text("utf-8")))
            except (OSError, ValueError, KeyError, TypeError):
                continue
            if draft.store_id == store_id:
                found.append(draft)
        return sorted(found, key=lambda d: (d.at, d.id))

    def _path(self, draft_id: str) -> Path:
        return self.folder / f"{uuids.UUID(draft_id)}.json"


def _to_json(draft: Draft) -> dict[str, Any]:
    return {
        "id": draft.id, "store_id": draft.store_id, "who": draft.who, "why": draft.why, "at": draft.at,
        "changes": [_change_to_json(c) for c in draft.changes],
    }  # fmt: skip


def _change_to_json(change: Change) -> dict[str, Any]:
    found: dict[str, Any] = {"do": type(change).__name__.lower(), **change._asdict()}
    if "wkb" in found:
        wkb = found["wkb"]
        found["wkb"] = "keep" if wkb is KEEP else None if wkb is None else wkb.hex()
    if "values" in found:
        found["values"] = {k: _plain(v) for k, v in found["values"].items()}
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, (list, tuple, set)):
        return multi_text(value)
    return value.isoformat() if hasattr(value, "isoformat") else value


def _from_json(data: Mapping[str, Any]) -> Draft:
    changes: Sequence[Change] = [_change_from_json(c) for c in data["changes"]]
    return Draft(data["store_id"], tuple(changes), data["who"], data["why"], data["at"], data["id"])


def _change_from_json(data: Mapping[str, Any]) -> Change:
    facts = {k: v for k, v in data.items() if k != "do"}
    wkb: bytes | None | Keep = None
    if facts.get("wkb") == "keep":
        wkb = KEEP
    elif facts.get("wkb") is not None:
        wkb = bytes.fromhex(facts["wkb"])
    if "wkb" in facts:
        facts["wkb"] = wkb
    kinds = {"insert": Insert, "update": Update, "delete": Delete}
    made: Change = kinds[data["do"]](**facts)
    return made
