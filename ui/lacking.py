"""What stands in for the plugin where a Python library is missing without which nothing of it works."""

from __future__ import annotations

import importlib
from typing import Any, Sequence

from qgis.core import Qgis, QgsMessageLog

# Library -> what it is for, and the name by which systems install it (the messages' own catalogue is YAML).
NEEDED = {
    "numpy": ("grids", "栅格计算", "python3-numpy"),
    "yaml": ("the standard's tables and messages", "标准数据与提示", "python3-yaml (PyYAML)"),
    "jinja2": ("reports", "报告", "python3-jinja2"),
}


def lacking() -> list[str]:
    """The needed libraries that cannot be imported here."""
    found = []
    for name in NEEDED:
        try:
            importlib.import_module(name)
        except ImportError:
            found.append(name)
    return found


def sentence(names: Sequence[str]) -> str:
    """What is missing, for what and how to get it, in Chinese and English."""
    zh = "、".join(f"{n}（{NEEDED[n][1]}）" for n in names)
    en = ", ".join(f"{n} ({NEEDED[n][0]})" for n in names)
    packages = ", ".join(NEEDED[n][2] for n in names)
    return (
        f"QL-RUN-LIBRARY: 清流缺少 Python 库：{zh}。请用 OSGeo4W Setup（Advanced）或系统软件包管理器安装：{packages}，"
        f"然后重启 QGIS。 Qingliu needs the Python libraries {en}; install {packages} and restart QGIS."
    )


class LackingPlugin:
    """Says what is missing, and does nothing else."""

    def __init__(self, iface: Any | None, names: Sequence[str]) -> None:
        self.iface = iface
        self.text = sentence(names)

    def initProcessing(self) -> None:
        """Only the message log hears of it here."""
        QgsMessageLog.logMessage(self.text, "Qingliu", Qgis.MessageLevel.Critical)

    def initGui(self) -> None:
        """The message bar shows it until it is closed."""
        self.initProcessing()
        if self.iface is not None:
            self.iface.messageBar().pushMessage("清流 Qingliu", self.text, Qgis.MessageLevel.Critical, 0)

    def unload(self) -> None:
        """Nothing was put in."""
