"""The catalogue: every bad input is refused with its codes, warned about with its count, or met with a right result."""

from __future__ import annotations

import importlib

import pytest
from case import Site
from runner import judge

FAMILIES = ("terrain", "land", "shore", "survey", "products", "files", "values")


def cases():
    """Every case of every family as a pytest parameter."""
    for family in FAMILIES:
        for case in importlib.import_module(f"cases_{family}").CASES:
            marks = list(case.marks)
            if case.pending:
                marks.append(pytest.mark.xfail(strict=True, reason=case.pending))
            yield pytest.param(case, id=f"{case.algorithm}: {case.id}", marks=marks)


@pytest.mark.timeout(60)
@pytest.mark.parametrize("case", list(cases()))
def test_bad_input(case, site: Site):
    judge(case, site)
