"""The palette of the layout: a row for every measure of table B.1 in its zone, by watershed type."""

KINDS = ("measure",)
NEEDS_QGIS = False


def shown(edition, kind):
    """Keys of the measures that some zone and type offer."""
    from qingliu.core.layoutplan.palette import palette

    return {o.measure for z in edition.zones for t in edition.types for o in palette(edition, z, t)}
