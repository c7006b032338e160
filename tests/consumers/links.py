"""The index of links between clauses and what they govern."""

KINDS = ("table", "measure", "indicator")
NEEDS_QGIS = False


def shown(edition, kind):
    """Names of ``kind`` that lead to at least one clause."""
    return {
        target.name
        for target, others in edition.links.items()
        if target.kind == kind and any(o.kind == "clause" for o in others)
    }
