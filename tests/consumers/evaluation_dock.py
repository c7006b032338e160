"""The evaluation dock: a page for every indicator of the edition, with what may be entered for it."""

KINDS = ("indicator",)
NEEDS_QGIS = False


def shown(edition, kind):
    """Numbers of the indicators for which something can be entered under a name."""
    from qingliu.core.evaluation.entries import entry_kinds

    return {str(n) for n, indicator in edition.indicators.items() if entry_kinds(edition, indicator)}
