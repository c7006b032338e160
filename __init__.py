"""Qingliu 清流: ecological-clean small watersheds by SL/T 534 (draft), as a QGIS plugin."""


def classFactory(iface: object) -> object:
    """The plugin, for QGIS; ``iface`` is None under qgis_process."""
    from .ui.lacking import LackingPlugin, lacking

    missing = lacking()
    if missing:
        return LackingPlugin(iface, missing)
    from .plugin import QingliuPlugin

    return QingliuPlugin(iface)
