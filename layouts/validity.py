"""The figures' checks in QGIS's own place for them: before a layout is exported, the designer shows what is wrong."""

from __future__ import annotations

from typing import Any

from qgis.core import (
    QgsAbstractValidityCheck,
    QgsApplication,
    QgsFeedback,
    QgsLayoutValidityCheckContext,
    QgsValidityCheckContext,
    QgsValidityCheckResult,
)

from ..core import language
from ..core.errors import Problem
from .checks import check_layout, is_figure

ID = "qingliu_figure"
CRITICAL = ("QL-FIG-EMPTY", "QL-FIG-GONE")
_registered: list[QgsAbstractValidityCheck] = []  # QGIS does not keep the Python half alive


class FigureCheck(QgsAbstractValidityCheck):
    """All checks of a figure; layouts that are not ours pass."""

    def __init__(self) -> None:
        super().__init__()
        self._found: list[Problem] = []

    def create(self) -> FigureCheck:
        return FigureCheck()

    def id(self) -> str:
        return ID

    def checkType(self) -> int:
        return QgsAbstractValidityCheck.Type.TypeLayoutCheck  # type: ignore[no-any-return]

    def prepareCheck(self, context: QgsValidityCheckContext, feedback: QgsFeedback) -> bool:
        """Layouts are looked at in the thread they live in, which is where QGIS prepares checks."""
        layout = context.layout if isinstance(context, QgsLayoutValidityCheckContext) else None
        self._found = check_layout(layout) if is_figure(layout) else []
        return True

    def runCheck(self, context: QgsValidityCheckContext, feedback: QgsFeedback) -> list[Any]:
        return [_result(one) for one in self._found]


def _result(problem: Problem) -> QgsValidityCheckResult:
    made = QgsValidityCheckResult()
    kinds = QgsValidityCheckResult.Type
    made.type = kinds.Critical if problem.code in CRITICAL else kinds.Warning
    text = problem.text(language.current())
    made.title = text.partition(": ")[2] or text
    made.detailedDescription = text
    made.checkId = ID
    return made


def register() -> None:
    """Put the check into QGIS's registry; once is enough."""
    if not _registered:
        check = FigureCheck()
        _registered.append(check)
        QgsApplication.validityCheckRegistry().addCheck(check)


def unregister() -> None:
    """Take it out again."""
    while _registered:
        QgsApplication.validityCheckRegistry().removeCheck(_registered.pop())
