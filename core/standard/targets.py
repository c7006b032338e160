"""What a clause can govern: the vocabulary of links between the standard and the plugin.

A target is written ``kind:name``, for example ``table:A.6`` or ``algorithm:streamsurvey``.
Names of measures, tables, indicators, parameters and the like come from the edition; the
names below belong to the plugin and are public, whatever the edition.
"""

from __future__ import annotations

from typing import NamedTuple

ALGORITHMS = (
    "delineatewatershed",
    "streamsurvey",
    "zoning",
    "erosionintensity",
    "landscapeindicators",
    "shorelineratio",
    "createsurvey",
    "prefillsurvey",
    "checksurvey",
    "exportsurveytables",
    "importsurveytables",
    "packagefield",
    "mergefield",
    "mapsheets",
    "sitemeasures",
    "checklayout",
    "quantities",
    "evaluate",
    "exportfigures",
    "dossier",
    "trainingwatershed",
    "changematrix",
    "importevidence",
    "printfieldmaps",
)

LAYERS = (
    "boundary",
    "outlet",
    "admin_villages",
    "parcels",
    "erosion",
    "roads",
    "villages",
    "enterprises",
    "channels",
    "reaches",
    "waterbodies",
    "pollution_sources",
    "toilets",
    "green_space",
    "built_land",
    "banks",
    "measures",
    "zones",
    "tourism",
    "industry",
    "base_sheets",
    "photos",
)

DOCUMENTS = ("dossier",)


class Target(NamedTuple):
    """One end of a link: ``kind`` (clause, table, measure …) and the name within that kind."""

    kind: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind}:{self.name}"


def parse(text: str) -> Target:
    """``"table:A.6"`` as a :class:`Target`; the name is empty where there is no colon."""
    kind, _, name = text.partition(":")
    return Target(kind, name)
