"""CRSs that QGIS first meets in a thread, and loses with it.

QGIS (3.22 to 3.44 at least) ties a CRS to the thread that made it first and keeps one for all in a cache. Some
30 s later, when that thread ends, the CRS is still valid by name for everybody, but has neither bounds nor
definition, and every transformation of it does nothing, until QGIS is started again. So the CRSs that may come
are met in the main thread before a thread of ours needs them.
"""

from __future__ import annotations

from typing import Iterable, Iterator

from qgis.core import QgsCoordinateReferenceSystem, QgsProject
from qgis.PyQt.QtCore import QCoreApplication, QThread

from .crs import from_wkt, wkt_of

_CODES = (
    4490, 4326, 3857, *range(4491, 4555),  # CGCS2000 with its zones of 6° and 3°, WGS 84
    4610, *range(2327, 2391), 4214, *range(2401, 2443), *range(21413, 21424),  # Xi'an 80, Beijing 54
    *range(32643, 32654),
)  # fmt: skip


def of_china() -> Iterator[str]:
    """Meet the CRSs of Chinese data one by one, some ms each; the caller may pause after each."""
    for code in _CODES:
        meet([f"EPSG:{code}"])
        yield f"EPSG:{code}"


def meet(names: Iterable[str]) -> None:
    """Meet CRSs by their names (``EPSG:4547``) where this is the main thread; one that was lost is found again."""
    application = QCoreApplication.instance()
    if application is None or QThread.currentThread() != application.thread():
        return
    for name in filter(None, names):
        found = QgsCoordinateReferenceSystem(name)
        if found.isValid() and not found.toWkt():
            QgsCoordinateReferenceSystem.invalidateCache()
            QgsCoordinateReferenceSystem(name).toWkt()


def meet_project(project: QgsProject | None) -> None:
    """Meet the CRSs of a project and its layers."""
    if project is not None:
        meet({project.crs().authid(), *(layer.crs().authid() for layer in project.mapLayers().values())})


def lasting(crs: QgsCoordinateReferenceSystem) -> QgsCoordinateReferenceSystem:
    """A CRS that a thread brought, made anew in the main thread; ask as soon as the thread's work is done."""
    return QgsCoordinateReferenceSystem(crs.authid()) if crs.authid() else from_wkt(wkt_of(crs))
