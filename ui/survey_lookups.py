"""Asked when looked at: what the type still needs and what the checks find, each in a tab, found in a task."""

from __future__ import annotations

from typing import Any, Callable, Dict, NamedTuple

from qgis.PyQt.QtCore import QCoreApplication, QObject, pyqtSignal
from qgis.PyQt.QtWidgets import QWidget

from ..core.errors import QingliuError
from ..layers.store import seat_of
from .survey_desk import Desk
from .survey_findings import find_faults
from .survey_needs import find_needs

translate = QCoreApplication.translate

AGAIN_MS = 1500


class _Lookup(NamedTuple):
    """A tab's question: who answers it, how the answer is shown, what is said meanwhile and on failure."""

    work: Callable[..., Any]
    show: Callable[[Any], None]
    say: Callable[[str], None]
    title: str


class Lookups(QObject):
    """Answers the tab that is looked at, again after saves; ``wanted`` carries the place of a clicked line."""

    wanted = pyqtSignal(object)

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.desk = desk
        panel = desk.panel
        self._lookups: Dict[QWidget, _Lookup] = {
            panel.needs: _Lookup(
                find_needs, panel.needs.show_needs, panel.needs.say, translate("SurveyDock", "Evaluating …")
            ),
            panel.findings: _Lookup(
                find_faults, panel.findings.show_findings, panel.findings.say,
                translate("SurveyDock", "Checking …"),
            ),
        }  # fmt: skip
        self._known: set[QWidget] = set()
        self._timer = desk.timer(AGAIN_MS, self.look)
        panel.tabs.currentChanged.connect(lambda _: self.look())
        panel.needs.wanted.connect(self.wanted)
        panel.findings.wanted.connect(self.wanted)

    def forget(self) -> None:
        """Another survey, or something was saved: what was found is old."""
        self._known.clear()
        self._timer.start()

    def look(self) -> None:
        """Find what the tab shows, where it is looked at and not known."""
        session, tab = self.desk.session, self.desk.panel.tabs.currentWidget()
        lookup = self._lookups.get(tab)
        if session is None or lookup is None or tab in self._known:
            return
        self._known.add(tab)
        lookup.say(lookup.title)

        def failed(error: BaseException) -> None:
            lookup.say(error.text() if isinstance(error, QingliuError) else str(error))

        seat = seat_of(session.store)
        self.desk.run("lookup", lookup.title, lookup.work, lookup.show, failed, seat=seat, type_=session.type)
