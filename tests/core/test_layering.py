"""The arrows of the house: who may import whom, read from the sources."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent

MAY_IMPORT = {
    "core": {"core"},
    "layers": {"core", "layers"},
    "layouts": {"core", "layers", "layouts"},
    "processing": {"core", "layers", "layouts", "processing"},
    "ui": {"core", "layers", "layouts", "ui"},
}
FOREIGN_BANNED = {
    "core": ("qgis", "PyQt5", "PyQt6", "osgeo", "fiona", "pyogrio"),
    "layers": ("qgis.gui", "qgis.PyQt.QtWidgets", "PyQt5", "PyQt6", "fiona", "pyogrio"),
    "layouts": ("qgis.gui", "qgis.PyQt.QtWidgets", "PyQt5", "PyQt6", "fiona", "pyogrio"),
    "processing": ("qgis.gui", "qgis.utils", "PyQt5", "PyQt6", "fiona", "pyogrio"),
    "ui": ("PyQt5", "PyQt6", "fiona", "pyogrio"),
}


def imports_of(path: Path) -> list[str]:
    """Absolute dotted names a module imports; ours as ``.layer.module``."""
    inside = path.relative_to(ROOT).parts[:-1]
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parent = inside[: len(inside) - node.level + 1]
                base = "." + ".".join([*parent, base] if base else parent)
            found += [base, *(f"{base}.{alias.name}" for alias in node.names)]
    return found


MODULES = [p for layer in MAY_IMPORT for p in sorted((ROOT / layer).rglob("*.py"))]


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_module_imports_only_what_its_layer_may(path):
    layer = path.relative_to(ROOT).parts[0]
    for name in imports_of(path):
        if name.startswith("."):
            target = name[1:].split(".")[0]
            assert target in MAY_IMPORT[layer] or target == "", f"{layer} imports {name}"
        else:
            assert not any(name == b or name.startswith(b + ".") for b in FOREIGN_BANNED[layer]), (
                f"{layer} imports {name}"
            )


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_module_never_uses_the_bare_name_processing(path):
    assert not [n for n in imports_of(path) if n == "processing" or n.startswith("processing.")]


def test_root_init_imports_nothing_at_module_level(root):
    tree = ast.parse((root / "__init__.py").read_text(encoding="utf-8"))
    assert [type(n).__name__ for n in tree.body] == ["Expr", "FunctionDef"]


def test_core_imports_in_a_process_without_qgis(root):
    """Every module of core loads where qgis, PyQt and osgeo cannot be imported at all."""
    names = [
        "qingliu." + ".".join(p.relative_to(root).with_suffix("").parts).replace(".__init__", "")
        for p in sorted((root / "core").rglob("*.py"))
    ]
    code = f"""
import importlib, importlib.util, sys
for banned in ("qgis", "PyQt5", "PyQt6", "osgeo"):
    sys.modules[banned] = None
spec = importlib.util.spec_from_file_location(
    "qingliu", {str(root / "__init__.py")!r}, submodule_search_locations=[{str(root)!r}])
module = importlib.util.module_from_spec(spec)
sys.modules["qingliu"] = module
spec.loader.exec_module(module)
for name in {names!r}:
    importlib.import_module(name)
print(len({names!r}))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) == len(names)
