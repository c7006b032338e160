"""Files brought beside a survey together with the rows that name them: both or neither (4.1.4).

Copying files and saving rows are two things, and a power cut may fall between them. A note beside the survey
says before the first copy which save will name which files; whoever brings files next reads the notes of
those that ended halfway and takes away the copies that no save ever named.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import time
import uuid as uuids
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Mapping, NamedTuple, Optional, Sequence, Set, Tuple, Type

from ..core.errors import InputError, Problem
from ..core.field.names import safe_relative
from .fielddata import base_folder
from .fieldpackage import named_files
from .replacing import replace
from .store import GpkgStore
from .store.users import is_alive

PREFIX, SUFFIX = "bringing-", ".json"
UNKNOWN_SAVE = "QL-STORE-UNKNOWN"
_LONGEST_S = 86_400.0  # what was begun on another machine this long ago is over
_SHOWN = 10
_RUNNING: Set[str] = set()  # saves whose files this process is bringing now


class Copy(NamedTuple):
    """A file to bring: where it is, and where it comes to lie beside the survey (relative, forward slashes)."""

    source: Path
    target: str


class Bringing:
    """Brings files for one save; ``with`` takes them away again unless :meth:`keep` was called.

    Where a save is in doubt (QL-STORE-UNKNOWN) files and note stay, and the next one settles it.
    """

    def __init__(self, store: GpkgStore, copies: Sequence[Copy]) -> None:
        self.save_id = str(uuids.uuid4())
        self._home = store.home.parent
        self.copies = copies
        self._brought: list[Path] = []
        self._note = base_folder(store.home) / f"{PREFIX}{self.save_id}{SUFFIX}"
        self._held: Optional[IO[str]] = None
        self._kept = False

    def __enter__(self) -> Bringing:
        if self.copies:
            _RUNNING.add(self.save_id)
            self._write_note()
        return self

    def bring(self, copy: Copy) -> None:
        """Copy one of the files. Raises InputError QL-OUT-WRITE."""
        target = self._home / copy.target
        try:
            target.parent.mkdir(exist_ok=True)
            self._brought.append(target)
            shutil.copyfile(copy.source, target)
        except OSError as error:
            raise InputError("QL-OUT-WRITE", path=copy.target, reason=str(error)) from error

    def keep(self) -> None:
        """The rows that name the files are saved."""
        self._kept = True

    def __exit__(
        self,
        kind: Optional[Type[BaseException]],
        error: Optional[BaseException],
        trace: Optional[TracebackType],
    ) -> None:
        in_doubt = getattr(error, "code", "") == UNKNOWN_SAVE
        if not self._kept and not in_doubt:
            for path in self._brought:
                path.unlink(missing_ok=True)
        if self._held is not None:
            self._held.close()
        if not in_doubt:
            self._note.unlink(missing_ok=True)
        _RUNNING.discard(self.save_id)

    def _write_note(self) -> None:
        facts = {
            "save_id": self.save_id,
            "files": [copy.target for copy in self.copies],
            "host": platform.node(),
            "pid": os.getpid(),
        }
        try:
            self._note.parent.mkdir(exist_ok=True)
            part = self._note.with_suffix(".part")
            part.write_text(json.dumps(facts, ensure_ascii=False), encoding="utf-8")
            replace(part, self._note)
            self._held = self._note.open(encoding="utf-8")  # Windows removes no file that is open
        except OSError as error:
            raise InputError("QL-OUT-WRITE", path=str(self._note), reason=str(error)) from error


def clear_broken_off(store: GpkgStore) -> Tuple[Problem, ...]:
    """Take away what merges and imports that ended halfway left; says which files (QL-FIELD-BROKENOFF).

    Files that rows of the survey name stay, whoever brought them; a survey open for reading stays as it is.
    """
    notes = sorted(base_folder(store.home).glob(f"{PREFIX}*{SUFFIX}"))
    if store.read_only or not notes:
        return ()
    named = [safe_relative(value) for _, _, value in named_files(store)]
    known = {str(path) for path in named if path is not None}
    removed: list[str] = []
    for note in notes:
        facts = _read(note)
        if not _is_over(note, facts):
            continue
        if not store.holds(str(facts.get("save_id", ""))):
            removed += _remove(store.home.parent, facts.get("files"), known)
        note.unlink(missing_ok=True)
    if not removed:
        return ()
    return (Problem("QL-FIELD-BROKENOFF", {"count": len(removed), "files": ", ".join(removed[:_SHOWN])}),)


def _read(note: Path) -> Mapping[str, Any]:
    """What a note says; nothing where it is damaged."""
    try:
        found = json.loads(note.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _is_over(note: Path, facts: Mapping[str, Any]) -> bool:
    """Whether the process that wrote a note brings files no more."""
    if facts.get("save_id") in _RUNNING:
        return False
    if facts.get("host") != platform.node():
        try:
            return time.time() - note.stat().st_mtime > _LONGEST_S
        except OSError:
            return False
    pid = facts.get("pid")
    if os.name == "nt":
        return pid == os.getpid() or _can_be_moved(note)
    return pid == os.getpid() or not isinstance(pid, int) or not is_alive(pid)


def _can_be_moved(note: Path) -> bool:
    """Windows moves no file that a process has open."""
    try:
        note.replace(note.with_suffix(".over"))
        note.with_suffix(".over").replace(note)
    except OSError:
        return False
    return True


def _remove(home: Path, files: Any, known: Set[str]) -> list[str]:
    removed = []
    for name in files if isinstance(files, list) else ():
        path = safe_relative(str(name))
        if path is None or str(path) in known or not (home / path).is_file():
            continue
        (home / path).unlink(missing_ok=True)
        removed.append(str(path))
    return removed
