"""The plan figures: what can be chosen, each with what it draws."""

KINDS = ("figure",)
NEEDS_QGIS = True


def shown(edition, kind):
    """Keys of the figures."""
    from qingliu.layouts.content import figures

    return set(figures(edition))
