"""The bill of quantities: every measure counts in each geometry it may have."""

KINDS = ("measure",)
NEEDS_QGIS = False


def shown(edition, kind):
    """Keys of the measures that a bill has a row for."""
    from qingliu.core.layoutplan.model import Item, Part
    from qingliu.core.layoutplan.quantities import bill

    parts = [
        Part(Item(f"{m.key}/{g}", m.key, g), next(iter(edition.zones)), area_m2=1e4, length_m=1e4, pieces=1)
        for m in edition.measures.values()
        for g in m.geometry
    ]
    return {row.measure for row in bill(parts, edition).rows}
