"""Who has a survey open: a small note beside the file per session, so that a lock has a name."""

from __future__ import annotations

import getpass
import json
import os
import socket
import time
from contextlib import contextmanager
from pathlib import Path
from typing import Iterator


def current_user() -> str:
    """The name this machine knows the person by."""
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):  # no such user on this machine
        return "?"


def _notes(path: Path) -> list[Path]:
    try:
        return sorted(path.parent.glob(f".~{_escaped(path.name)}.*.user"))
    except OSError:
        return []


def _escaped(name: str) -> str:
    return "".join(f"[{c}]" if c in "[]*?" else c for c in name)


def sign_in(path: Path, who: str, *, turning: bool = False) -> Path | None:
    """Leave a note that ``who`` has the survey open; None where the folder takes none. See :func:`turn`."""
    others(path, None)  # clears the notes of sessions that did not end well
    stamp = f"{os.getpid()}-{time.monotonic_ns():x}"
    note = path.with_name(f".~{path.name}.{socket.gethostname()}.{stamp}.user")
    facts = {"who": who, "host": socket.gethostname(), "pid": os.getpid(), "turning": turning}
    try:
        note.write_text(json.dumps(facts, ensure_ascii=False), encoding="utf-8")
    except OSError:
        return None
    return note


def turn(note: Path | None, turning: bool) -> None:
    """Say in the note whether the session changes the journal: meanwhile all it saved is in the file or in the log.

    A session that ends there may leave a file that says WAL and needs no log.
    """
    if note is None:
        return
    try:
        facts = json.loads(note.read_text(encoding="utf-8"))
        note.write_text(json.dumps({**facts, "turning": turning}, ensure_ascii=False), encoding="utf-8")
    except (OSError, ValueError):
        return  # the note helps others, the survey does not depend on it


@contextmanager
def turning(path: Path) -> Iterator[None]:
    """A note for the time in which the journal of a survey that nobody here has open is changed."""
    note = sign_in(path, current_user(), turning=True)
    try:
        yield
    finally:
        sign_out(note)


def ended_while_turning(path: Path) -> bool:
    """Whether a session of this machine ended while it changed the journal; ask before :func:`sign_in`."""
    for note in _notes(path):
        try:
            facts = json.loads(note.read_text(encoding="utf-8"))
            here = facts["host"] == socket.gethostname()
            if here and facts.get("turning") is True and not is_alive(int(facts["pid"])):
                return True
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            continue
    return False


def sign_out(note: Path | None) -> None:
    """Take the note away."""
    if note is None:
        return
    try:
        note.unlink()
    except OSError:
        return  # the folder is gone or read-only; the next session clears notes of dead processes


def others(path: Path, own: Path | None) -> list[str]:
    """``who@host`` of the other sessions; notes of processes of this machine that ended are removed."""
    found = []
    for note in _notes(path):
        if note == own:
            continue
        try:
            facts = json.loads(note.read_text(encoding="utf-8"))
            if facts["host"] == socket.gethostname() and not is_alive(int(facts["pid"])):
                note.unlink()
                continue
            found.append(f"{facts['who']}@{facts['host']}")
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return found


def is_alive(pid: int) -> bool:
    """Whether a process of this machine still runs; on Windows always, as asking would end it."""
    if os.name == "nt":
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
