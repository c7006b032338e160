"""The main job from the command line leaves a case's folder as it found it."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path

import pytest

TOOL = Path(__file__).resolve().parents[2] / "tools" / "demo.py"


@pytest.mark.parametrize(("has", "expected"), [(False, "NO"), (True, None)], ids=["none", "statistics-there"])
def test_no_statistics_are_written_beside_rasters_unless_some_are_to_be_read(
    tmp_path, monkeypatch, has, expected
):
    if not TOOL.exists():
        pytest.skip("the tools are not in a package")
    spec = importlib.util.spec_from_file_location("demo_tool", TOOL)
    demo = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(demo)
    monkeypatch.setenv("GDAL_PAM_ENABLED", "YES")
    monkeypatch.delenv("GDAL_PAM_ENABLED")
    if has:
        (tmp_path / "dem.tif.aux.xml").write_text("<PAMDataset/>")
    demo.leave_untouched(tmp_path)
    assert os.environ.get("GDAL_PAM_ENABLED") == expected
