"""The loader's look-ups."""

KINDS = ("table", "measure", "indicator", "figure", "edition")
NEEDS_QGIS = False


def shown(edition, kind):
    """Names of ``kind`` that the edition's own mappings hold."""
    if kind == "edition":
        return {edition.id}
    found = {
        "table": edition.tables,
        "measure": edition.measures,
        "indicator": edition.indicators,
        "figure": edition.figures,
    }
    return {str(name) for name in found[kind]}
