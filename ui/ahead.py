"""What the window fetches while QGIS is still settling, a little at a time, so that the first dock opens at once.

The modules of the survey dock are many and Python takes some 40 ms to read them; one is read in each turn of
the event loop. The bus of surveys begins with them: it keeps the journal of a survey whose layers the project
shows, also while no dock of ours is open (see :mod:`.survey_keeper`). Then the CRSs of Chinese data are met
in this thread, where they last (see :mod:`..layers.crsthreads`).
"""

from __future__ import annotations

import importlib
from typing import List

from qgis.PyQt.QtCore import QObject, QTimer

from ..layers.crsthreads import of_china

BEGIN_MS = 600
TURN_MS = 20

MODULES = (
    "survey_recent", "survey_session", "survey_keeper", "survey_bus", "survey_tables", "survey_cells",
    "survey_map", "survey_counts", "survey_places", "survey_findings", "survey_head", "survey_needs",
    "survey_photostrip", "survey_rows", "survey_panel", "survey_desk", "survey_conflict",
    "survey_drafts", "survey_editors", "survey_examples", "survey_form", "survey_records",
    "survey_clipboard", "survey_lookups", "survey_mapsave", "survey_photos", "survey_removal",
    "survey_sheets", "survey_dock",
)  # fmt: skip
"""In the order in which they need each other, so that none brings many others along."""


class Ahead(QObject):
    """Fetches modules, begins the bus, meets CRSs: in turns of the event loop from :meth:`begin` to :meth:`stop`."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._left: List[str] = list(MODULES)
        self._begun = False
        self._crs = of_china()
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._go_on)

    def begin(self) -> None:
        """Begin once QGIS has settled."""
        self._timer.start(BEGIN_MS)

    def stop(self) -> None:
        """Fetch no more."""
        self._timer.stop()

    @property
    def done(self) -> bool:
        """Whether everything is there."""
        return not self._left

    def _go_on(self) -> None:
        self._timer.setInterval(TURN_MS)
        if self._left:
            importlib.import_module(f".{self._left.pop(0)}", __package__)
            return
        if not self._begun:
            from .survey_bus import bus  # only once its modules have come one by one

            bus()
            self._begun = True
        elif next(self._crs, None) is None:
            self._timer.stop()
