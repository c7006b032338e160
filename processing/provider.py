"""The provider ``qingliu``: every algorithm module of this folder registers by being there."""

from __future__ import annotations

import importlib
import pkgutil

from qgis.core import Qgis, QgsMessageLog, QgsProcessingProvider
from qgis.PyQt.QtGui import QIcon

from ..core.data import RESOURCES
from .algorithm import QingliuAlgorithm

NOT_ALGORITHMS = ("provider", "algorithm", "feedback", "inputs")


def algorithm_classes() -> list[type[QingliuAlgorithm]]:
    """All algorithm classes of this package, by id."""
    package = __name__.rsplit(".", 1)[0]
    path = [str(p) for p in importlib.import_module(package).__path__]
    for info in pkgutil.iter_modules(path):
        if info.name not in NOT_ALGORITHMS:
            _load(f"{package}.{info.name}")
    found = {c.ID: c for c in _descendants(QingliuAlgorithm) if c.ID and c.__module__.startswith(package)}
    return [found[key] for key in sorted(found)]


def _load(module: str) -> None:
    """Import a module; one that lacks a library is named in the log, and the others load all the same."""
    try:
        importlib.import_module(module)
    except ImportError as error:
        QgsMessageLog.logMessage(f"{module}: {error}", "Qingliu", Qgis.MessageLevel.Warning)


def _descendants(cls: type[QingliuAlgorithm]) -> list[type[QingliuAlgorithm]]:
    direct = cls.__subclasses__()
    return direct + [d for c in direct for d in _descendants(c)]


class QingliuProvider(QgsProcessingProvider):
    """Provider of Qingliu's algorithms."""

    def id(self) -> str:
        return "qingliu"

    def name(self) -> str:
        return "清流 Qingliu"

    def longName(self) -> str:
        return self.name()

    def icon(self) -> QIcon:
        return QIcon(str(RESOURCES / "icons" / "qingliu.svg"))

    def loadAlgorithms(self) -> None:
        for cls in algorithm_classes():
            self.addAlgorithm(cls())
