"""Files that only name where their data are, by whatever ending: looked at before GDAL opens them.

QGIS opens a layer that a parameter names before any of our code sees it, and a virtual file may then fetch
addresses, read files elsewhere or run code. Only small text files can be such files.
"""

from __future__ import annotations

import re
from pathlib import Path

from ..core.errors import InputError, Problem
from .foreignproject import is_remote
from .rasterfiles import DEM_FILE, RASTER_FILE, file_problems, raster_source

_HEAD = 64 * 2**10
_SERVICES = re.compile(
    rb"<(GDAL_WMS|GDAL_WMTS|WCS_GDAL|WMT_MS_Capabilities|OGRWFSDataSource|OGCAPICoverage|OGCAPITiles)\b"
)
_TABLES = re.compile(rb"<OGRVRTDataSource\b")
_SOURCE = re.compile(rb"<SrcDataSource\b([^>]*)>([^<]*)<", re.IGNORECASE)
_LINKED = re.compile(rb'"crs"\s*:\s*\{[^{}]*"type"\s*:\s*"(link|url)"', re.IGNORECASE)


def disguise_problems(value: str, parameter: str) -> list[Problem]:
    """What speaks against opening a file: QL-FILE-REACHES, and the faults of a virtual raster."""
    path = Path(value.split("|")[0])
    try:
        if not path.is_file():
            return []
        with path.open("rb") as stream:
            head = stream.read(_HEAD).lstrip(b"\xef\xbb\xbf \t\r\n")
    except (OSError, ValueError):  # whoever opens it says what is wrong
        return []
    if head[:1] not in (b"<", b"{"):
        return []
    reason = _reason(head, path)
    if reason:
        return [Problem("QL-FILE-REACHES", {"parameter": parameter, "path": str(path), "reason": reason})]
    if b"<VRTDataset" in head[:4096]:
        return file_problems(raster_source(path), parameter, DEM_FILE if parameter == "DEM" else RASTER_FILE)
    return []


def require_plain(path: Path, parameter: str) -> None:
    """Raise InputError with :func:`disguise_problems`."""
    found = disguise_problems(str(path), parameter)
    if found:
        raise InputError(problems=found)


def _reason(head: bytes, path: Path) -> str:
    service = _SERVICES.search(head)
    if service is not None:
        return service.group(1).decode()
    if _LINKED.search(head):
        return '"crs": {"type": "link"}'
    if _TABLES.search(head):
        return next((led for led in (_led_to(found, path) for found in _SOURCE.finditer(head)) if led), "")
    return ""


def _led_to(found: re.Match[bytes], path: Path) -> str:
    """Where a source of a virtual table leads, empty where it stays in the file's folder."""
    name = found.group(2).decode("utf-8", "replace").strip()
    relative = b"1" in found.group(1).partition(b"relativeToVRT")[2][:5]
    if is_remote(name, "ogr") or name.startswith(("/vsi", "<", "&lt;", "@")):
        return name[:80]
    folder = path.resolve().parent
    target = (folder / name if relative else Path(name)).resolve()
    return "" if folder in target.parents else name[:80]
