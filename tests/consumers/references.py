"""What every @name of rules and thresholds stands for."""

from qingliu.core.county import references

KINDS = ("edition",)
NEEDS_QGIS = False


def shown(edition, kind):
    """The edition's id, if all its parameters and county inputs have their entry."""
    asked = {*edition.parameters, *(c.key for c in edition.header.county_inputs)}
    return {edition.id} if asked and asked <= set(references(edition)) else set()
