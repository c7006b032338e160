"""Which layer of a project plays which role: the custom property ``qingliu/role``, never its name.

Roles are the parameter names of the algorithms in lower case and the layer names of the
survey store (``dem``, ``landuse``, ``channels``, ``boundary`` …).
"""

from __future__ import annotations

from qgis.core import QgsMapLayer, QgsProject

ROLE = "qingliu/role"
SURVEY = "qingliu/survey"


def set_role(layer: QgsMapLayer, role: str, survey: str = "") -> None:
    """Give a layer its role; ``survey`` is the store it belongs to."""
    layer.setCustomProperty(ROLE, role.lower())
    if survey:
        layer.setCustomProperty(SURVEY, survey)


def clear_role(layer: QgsMapLayer) -> None:
    """Take a layer's role away."""
    layer.removeCustomProperty(ROLE)
    layer.removeCustomProperty(SURVEY)


def role_of(layer: QgsMapLayer) -> str | None:
    """The layer's role, None where it plays none."""
    return str(layer.customProperty(ROLE) or "") or None


def survey_of(layer: QgsMapLayer) -> str | None:
    """The survey store the layer belongs to, None where it says none."""
    return str(layer.customProperty(SURVEY) or "") or None


def layers_of(project: QgsProject, role: str, survey: str = "") -> list[QgsMapLayer]:
    """Layers that play ``role``, in the order of the project's layer ids; of one survey where given."""
    wanted = role.lower()
    return [
        layer
        for _, layer in sorted(project.mapLayers().items())
        if role_of(layer) == wanted and (not survey or survey_of(layer) == survey)
    ]


def layer_of(project: QgsProject, role: str, survey: str = "") -> QgsMapLayer | None:
    """The layer that plays ``role``; None where none or more than one does."""
    found = layers_of(project, role, survey)
    return found[0] if len(found) == 1 else None


def roles(project: QgsProject) -> dict[str, list[QgsMapLayer]]:
    """Every role of the project with its layers."""
    found: dict[str, list[QgsMapLayer]] = {}
    for _, layer in sorted(project.mapLayers().items()):
        role = role_of(layer)
        if role is not None:
            found.setdefault(role, []).append(layer)
    return found
