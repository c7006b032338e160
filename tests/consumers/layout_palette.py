"""The palette of the layout dock: every measure of table B.1, for some type of watershed."""

KINDS = ("measure",)
NEEDS_QGIS = True


def shown(edition, kind):
    """Keys of the measures that the palette lists in all zones."""
    from qingliu.ui.layout_palette import ALL, OFFER, Palette

    palette = Palette(edition)
    palette.zone.setCurrentIndex(palette.zone.findData(ALL))
    found = set()
    for type_key in edition.types:
        palette.set_type(type_key)
        found |= {item.data(0, OFFER).measure for item in palette._items()}
    return found
