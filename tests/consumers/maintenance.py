"""The maintenance card: duties of chapter 8 for every measure."""

KINDS = ("measure",)
NEEDS_QGIS = False


def shown(edition, kind):
    """Keys of the measures that have duties."""
    from qingliu.core.layoutplan.maintenance import duties_of

    return {key for key in edition.measures if duties_of(edition, key)}
