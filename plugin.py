"""Wires Qingliu into QGIS and takes everything out again.

``initProcessing`` runs alone under qgis_process; ``initGui`` adds menu, toolbar
and docks on the desktop. ``unload`` mirrors both line by line.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qgis.core import QgsApplication, QgsSettings
from qgis.PyQt.QtCore import QCoreApplication, QLocale, QTranslator

from .core import language
from .core.data import ROOT

if TYPE_CHECKING:
    from .processing.provider import QingliuProvider
    from .ui.workspace import Workspace


class QingliuPlugin:
    """One instance a QGIS session, made by ``classFactory``."""

    def __init__(self, iface: Any | None) -> None:
        self.iface = iface
        self.provider: QingliuProvider | None = None
        self.workspace: Workspace | None = None
        self.translator: QTranslator | None = None

    def initProcessing(self) -> None:
        """Language and the Processing provider; the only part that runs under qgis_process."""
        from .processing.provider import QingliuProvider

        self._install_language()
        if self.provider is None:
            provider = QingliuProvider()
            if QgsApplication.processingRegistry().addProvider(provider):
                self.provider = provider

    def initGui(self) -> None:
        """Provider, menu, toolbar and docks."""
        from .layouts import validity
        from .ui.workspace import Workspace

        self.initProcessing()
        if self.iface is not None and self.workspace is None:
            self.workspace = Workspace(self.iface)
            self.workspace.install()
            validity.register()

    def unload(self) -> None:
        """Take out what ``initGui`` and ``initProcessing`` put in."""
        if self.workspace is not None:
            from .layouts import validity

            validity.unregister()
            self.workspace.remove()
            self.workspace = None
        if self.provider is not None:
            QgsApplication.processingRegistry().removeProvider(self.provider)
            self.provider = None
        if self.translator is not None:
            QCoreApplication.removeTranslator(self.translator)
            self.translator = None

    def _install_language(self) -> None:
        # QGIS keeps its own choice in the settings; Qt's locale is the system's.
        locale = QgsSettings().value("locale/userLocale") or QLocale().name()
        language.use(language.from_locale(str(locale)))
        if language.current() != "zh" or self.translator is not None:
            return
        translator = QTranslator()
        if translator.load(str(ROOT / "i18n" / "qingliu_zh_CN.qm")):
            QCoreApplication.installTranslator(translator)
            self.translator = translator
