"""Where a survey lies: network and synchronised folders, and working on a local copy.

SQLite's locks cannot be trusted over a network, and a WAL on a share freezes everybody; so a survey
of a network path is worked on in a local copy and sent back whole. Folders that a program
synchronises (OneDrive, 坚果云 …) are named in a warning.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
import sys
from pathlib import Path, PurePath
from typing import Iterable

from ...core.errors import InputError, Problem
from .backups import copy_verified
from .changelog import last_sequence
from .connection import connect, told
from .reading import read_meta

NETWORK_TYPES = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "fuse.sshfs", "davfs", "fuse.davfs", "afs", "ncpfs",
     "fuse.gvfsd-fuse", "afpfs", "webdav", "glusterfs", "ceph", "fuse.glusterfs"}
)  # fmt: skip
SYNCED = ("onedrive", "dropbox", "nutstore", "坚果云", "baidusyncdisk", "百度", "google drive", "icloud",
          "mobile documents", "wps云盘", "weiyun", "微云", "seafile", "nextcloud")  # fmt: skip
_DRIVE_REMOTE = 4


def place_problems(path: Path) -> list[Problem]:
    """What must be said about the place: network, synchronised folder."""
    found = []
    if is_network(path):
        found.append(Problem("QL-STORE-NETWORK", {"path": str(path)}))
    synced = synced_folder(path)
    if synced:
        found.append(Problem("QL-STORE-SYNCED", {"path": str(path), "folder": synced}))
    return found


def synced_folder(path: PurePath) -> str:
    """The part of the path that a synchronising program keeps, empty where there is none."""
    for part in path.parts[:-1]:
        if any(word in part.lower() for word in SYNCED):
            return part
    return ""


def is_network(path: Path) -> bool:
    """Whether the path is on another machine."""
    text = str(path)
    if text.startswith(("\\\\", "//")):
        return True
    if sys.platform == "win32":
        return _is_remote_drive(path)
    mounts = Path("/proc/self/mounts")
    if not mounts.exists():  # macOS: shares are mounted under /Volumes, told apart by nothing cheap
        return False
    return mount_type(path.resolve(), mounts.read_text("utf-8", "replace").splitlines()) in NETWORK_TYPES


def mount_type(path: PurePath, mounts: Iterable[str]) -> str:
    """File system type of the mount that holds ``path``; ``mounts`` are lines of /proc/self/mounts."""
    best, found = -1, ""
    for line in mounts:
        parts = line.split()
        if len(parts) < 3:
            continue
        point = PurePath(parts[1].replace("\\040", " "))
        if (point == path or point in path.parents) and len(point.parts) >= best:
            best, found = len(point.parts), parts[2]
    return found


def _is_remote_drive(path: Path) -> bool:
    import ctypes

    kernel = getattr(ctypes, "windll").kernel32  # noqa: B009 - only there on Windows
    return bool(kernel.GetDriveTypeW(path.resolve().anchor) == _DRIVE_REMOTE)


# -- the local copy -----------------------------------------------------------


def _state(path: Path) -> dict[str, str]:
    """Which survey a file is and how far its log goes."""
    try:
        connection = connect(path, read_only=True)
        try:
            return {
                "store_id": read_meta(connection).get("store_id", ""),
                "sequence": str(last_sequence(connection)),
                "save_id": _last_save(connection),
            }
        finally:
            connection.close()
    except sqlite3.Error as error:
        raise told(error, path, "QL-STORE-UNREADABLE") from error


def _last_save(connection: sqlite3.Connection) -> str:
    row = connection.execute("SELECT save_id FROM change_log ORDER BY fid DESC LIMIT 1").fetchone()
    return str(row[0]) if row else ""


def local_of(path: Path, folder: Path) -> Path:
    """Where the local copy of a network survey lies."""
    key = hashlib.blake2b(str(path.resolve()).encode("utf-8"), digest_size=8).hexdigest()
    return folder / key / path.name


def check_out(path: Path, folder: Path) -> Path:
    """The local copy of a network survey, made now or left from a session that did not end well.

    Raises InputError QL-STORE-COPYCONFLICT where both have moved on.
    """
    local = local_of(path, folder)
    note = local.with_suffix(".json")
    there = _state(path)
    if local.exists() and note.exists():
        base = json.loads(note.read_text("utf-8"))
        here = _state(local)
        if here != base:  # unsent saves
            if there != base:
                raise InputError("QL-STORE-COPYCONFLICT", path=str(path), copy=str(local))
            return local
    local.parent.mkdir(parents=True, exist_ok=True)
    _copy(path, local)
    note.write_text(json.dumps(there), "utf-8")
    return local


def send_back(local: Path, path: Path) -> None:
    """Put the local copy's state at the network path, whole, if nobody else has changed it since.

    The store must be closed. Raises InputError QL-STORE-COPYCONFLICT, QL-STORE-BACKUP.
    """
    note = local.with_suffix(".json")
    if path.exists() and _state(path) != json.loads(note.read_text("utf-8")):
        raise InputError("QL-STORE-COPYCONFLICT", path=str(path), copy=str(local))
    _copy(local, path)
    note.write_text(json.dumps(_state(local)), "utf-8")


def _copy(source: Path, target: Path) -> None:
    try:
        connection = connect(source, read_only=True)
    except sqlite3.Error as error:
        raise told(error, source, "QL-STORE-UNREADABLE") from error
    try:
        copy_verified(connection, target)
    finally:
        connection.close()
    for leftover in ("-wal", "-shm"):
        stale = target.with_name(target.name + leftover)
        if stale.exists() and stale.stat().st_size == 0:
            stale.unlink()
