"""A project that somebody mailed: looked at before QGIS reads it.

Reading a project already opens its layers, fetches the pictures and runs the web pages of its layouts.
So a project that would reach out, or that hides what it is, is not read; code that QGIS does not run by
itself (macros, form code, actions) is named.
"""

from __future__ import annotations

import re
import zipfile
from pathlib import Path, PurePosixPath
from typing import Iterator, NamedTuple

from qgis.PyQt.QtXml import QDomDocument, QDomElement

from ..core.errors import InputError, Problem
from .xmlguard import declares_entities

_LARGEST = 300 * 2**20
_RATIO = 200
_SMALL = 2**20
_LOCAL_PROVIDERS = {
    "",
    "ogr",
    "gdal",
    "memory",
    "delimitedtext",
    "spatialite",
    "gpx",
    "mdal",
    "virtual",
    "annotation",
}
_LOCAL_VSI = ("/vsizip/", "/vsigzip/", "/vsitar/", "/vsimem/")
_LOCAL_SCHEMES = {"gpkg", "netcdf", "hdf5", "hdf4_sds", "hdf4_eos", "sentinel2_l1c", "sentinel2_l2a"}
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9_+.\-]+):")
_REMOTE = re.compile(r"(https?|ftps?)://|//[^/]|\\\\", re.IGNORECASE)
_PICTURE = "65640"
_SHOWN = 5


class Look(NamedTuple):
    """What was found: ``calls`` reach out when the project is read, ``code`` is not run by reading it."""

    calls: tuple[str, ...]
    code: tuple[str, ...]


def guard_project(path: Path) -> list[Problem]:
    """Warnings about a project's code. Raises InputError QL-PROJECT-UNREADABLE, QL-PROJECT-CALLS."""
    found = look_at_project(path)
    if found.calls:
        raise InputError("QL-PROJECT-CALLS", path=str(path), items=_listed(found.calls))
    if found.code:
        return [Problem("QL-PROJECT-CODE", {"path": str(path), "items": _listed(found.code)})]
    return []


def _listed(items: tuple[str, ...]) -> str:
    more = len(items) - _SHOWN
    return ", ".join(items[:_SHOWN]) + (f" (+{more})" if more > 0 else "")


def look_at_project(path: Path) -> Look:
    """What is in a project's file, without QGIS reading it. Raises InputError QL-PROJECT-UNREADABLE."""
    text = _text_of(path)
    if declares_entities(text):
        raise InputError("QL-PROJECT-UNREADABLE", path=str(path), reason="<!ENTITY")
    document = QDomDocument()
    read, reason, line, _ = document.setContent(text, False)
    if not read:
        raise InputError("QL-PROJECT-UNREADABLE", path=str(path), reason=f"{line}: {reason}")
    root = document.documentElement()
    return Look(tuple(dict.fromkeys(_calls(root))), tuple(dict.fromkeys(_code(root))))


def _text_of(path: Path) -> bytes:
    try:
        if path.suffix.lower() != ".qgz":
            if path.stat().st_size > _LARGEST:
                raise InputError("QL-PROJECT-UNREADABLE", path=str(path), reason=f"> {_LARGEST >> 20} MB")
            return path.read_bytes()
        with zipfile.ZipFile(path) as archive:
            return _member_of(archive, path)
    except (OSError, zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError, ValueError) as error:
        raise InputError("QL-PROJECT-UNREADABLE", path=str(path), reason=str(error)) from error


def _member_of(archive: zipfile.ZipFile, path: Path) -> bytes:
    """The project inside the archive; every member is looked at, since QGIS unpacks them all."""
    projects = []
    for member in archive.infolist():
        name = PurePosixPath(member.filename.replace("\\", "/"))
        bomb = member.file_size > max(_SMALL, _RATIO * member.compress_size) or member.file_size > _LARGEST
        if name.is_absolute() or ".." in name.parts or ":" in member.filename or bomb:
            raise InputError("QL-PROJECT-UNREADABLE", path=str(path), reason=member.filename[:80])
        if name.suffix.lower() == ".qgs":
            projects.append(member)
    if len(projects) != 1:
        raise InputError("QL-PROJECT-UNREADABLE", path=str(path), reason=f"{len(projects)} × .qgs")
    return archive.read(projects[0])


# -- what reaches out ---------------------------------------------------------------
def _calls(root: QDomElement) -> Iterator[str]:
    for layer in _all(root, "maplayer"):
        source = layer.firstChildElement("datasource").text().strip()
        provider = layer.firstChildElement("provider").text().strip().lower()
        if is_remote(source, provider):
            yield f"{layer.firstChildElement('layername').text()[:40]} ({provider or '?'})"
    for item in _all(root, "LayoutItem"):
        if item.attribute("type") == _PICTURE and any(_REMOTE.match(text) for text in _texts(item)):
            yield f"{item.attribute('id')[:40]} (picture)"
        if item.attribute("htmlState", "0") not in ("", "0"):
            yield f"{item.attribute('id')[:40]} (HTML)"
    for frame in _all(root, "LayoutMultiFrame"):
        if frame.hasAttribute("html") and (frame.attribute("html") or frame.attribute("url")):
            yield f"{frame.attribute('url')[:40]} (HTML)"


def is_remote(source: str, provider: str) -> bool:
    """Whether opening a layer's source leaves this machine; tiles by address are only fetched when drawn."""
    if provider == "wms" and "type=xyz" in source.lower():
        return False
    if provider not in _LOCAL_PROVIDERS or _REMOTE.match(source):
        return True
    if source.lower().startswith("/vsi"):
        return not source.lower().startswith(_LOCAL_VSI) or "/vsi" in source[4:].lower()
    scheme = _SCHEME.match(source)
    if scheme is None or scheme.group(1).lower() in _LOCAL_SCHEMES:
        return False
    return not source.lower().startswith(("file:///", "file:./", "file:../"))


def _texts(element: QDomElement) -> Iterator[str]:
    """Every attribute inside an element, expressions without their quotes."""
    attributes = element.attributes()
    for number in range(attributes.count()):
        yield attributes.item(number).nodeValue().strip("'\" ")
    child = element.firstChildElement()
    while not child.isNull():
        yield from _texts(child)
        child = child.nextSiblingElement()


# -- what is code --------------------------------------------------------------------
def _code(root: QDomElement) -> Iterator[str]:
    for tag, kind in (("Macros", "macro"), ("ExpressionFunctions", "functions")):
        for element in _all(root, tag):
            if element.text().strip():
                yield kind
    for layer in _all(root, "maplayer"):
        name = layer.firstChildElement("layername").text()[:40]
        if layer.firstChildElement("editforminitcode").text().strip():
            yield f"{name} (form)"
        if not layer.firstChildElement("attributeactions").firstChildElement("actionsetting").isNull():
            yield f"{name} (actions)"


def _all(root: QDomElement, tag: str) -> Iterator[QDomElement]:
    nodes = root.elementsByTagName(tag)
    for number in range(nodes.count()):
        yield nodes.item(number).toElement()
