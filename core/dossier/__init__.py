"""The dossier with which a watershed is put before the water authority (3.0.8).

:func:`build` makes a :class:`Document` of a survey's :class:`Contents`; :func:`html` writes it as one
self-contained page in which every number leads to its clause, formula and inputs, :func:`docx` as a Word
file. The PDF is written in ``layers``.
"""

from __future__ import annotations

from .build import build
from .document import Document, Part, dead_links, every_run, loose_numbers
from .model import ACCEPTANCE, Amount, Card, Contents, Decision, Evidence, FigureSheet, FileHash
from .pages import html, paper
from .word import docx

__all__ = [
    "ACCEPTANCE",
    "Amount",
    "Card",
    "Contents",
    "Decision",
    "Document",
    "Evidence",
    "FigureSheet",
    "FileHash",
    "Part",
    "build",
    "dead_links",
    "docx",
    "every_run",
    "html",
    "loose_numbers",
    "paper",
]
