"""Every message has one home: sources and catalogue hold the same codes, both languages the same facts."""

from __future__ import annotations

import ast
import re
import string
from pathlib import Path

import pytest
from qingliu.core.data import load_yaml
from qingliu.core.messages import FOLDER, catalogue

ROOT = Path(__file__).resolve().parent.parent.parent
CODE = re.compile(r"QL-[A-Z0-9]+(?:-[A-Z0-9]+)+")
LAYERS = ("core", "layers", "layouts", "processing", "ui")
MAKERS = {"problem", "Problem", "QingliuError", "InputError", "EditionError", "MissingLibrary"}
SOURCES = [p for layer in LAYERS for p in sorted((ROOT / layer).rglob("*.py"))]


def used_codes(path: Path) -> set[str]:
    """Codes that stand as whole strings in a source, wherever they are handed over."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    texts = (n.value for n in ast.walk(tree) if isinstance(n, ast.Constant) and isinstance(n.value, str))
    return {t for t in texts if CODE.fullmatch(t)}


def literal_calls(path: Path):
    """(code, names of the facts or None where they cannot be read here, line) of each problem made."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call) or not node.args or not isinstance(node.args[0], ast.Constant):
            continue
        name = getattr(node.func, "id", getattr(node.func, "attr", ""))
        code = node.args[0].value
        if name in MAKERS and isinstance(code, str) and CODE.fullmatch(code):
            yield code, fact_names(node, name), node.lineno


def fact_names(node: ast.Call, maker: str) -> set[str] | None:
    if maker == "Problem":
        facts = node.args[1] if len(node.args) > 1 else ast.Dict(keys=[], values=[])
        literal = isinstance(facts, ast.Dict) and all(isinstance(k, ast.Constant) for k in facts.keys)
        return {k.value for k in facts.keys} if literal else None
    names = {k.arg for k in node.keywords}
    if "code" in names:
        pytest.fail(f"line {node.lineno}: a fact named code cannot be handed to {maker}()")
    return None if None in names else names


def placeholders(text: str) -> set[str]:
    return {re.split(r"[.\[]", name)[0] for _, name, _, _ in string.Formatter().parse(text) if name}


USED = {code: path for path in SOURCES for code in used_codes(path)}


@pytest.mark.parametrize("code", sorted(USED))
def test_code_used_in_the_sources_has_its_message(code):
    if code not in catalogue():
        pytest.fail(f"{code} is used in {USED[code].relative_to(ROOT)} and in no messages file")


@pytest.mark.parametrize("code", sorted(catalogue()))
def test_message_is_used_somewhere(code):
    if code not in USED:
        pytest.fail(f"no source uses {code}")


@pytest.mark.parametrize("code", sorted(catalogue()))
def test_message_says_the_same_in_both_languages(code):
    entry = catalogue()[code]
    assert CODE.fullmatch(code)
    assert set(entry) <= {"en", "zh", "cure_en", "cure_zh"}
    assert entry["en"].strip() and entry["zh"].strip()
    assert ("cure_en" in entry) == ("cure_zh" in entry)
    stems = [stem for stem in ("", "cure_") if f"{stem}en" in entry]
    for stem in stems:
        assert placeholders(entry[f"{stem}en"]) == placeholders(entry[f"{stem}zh"])


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(ROOT)))
def test_facts_given_in_the_source_fill_the_sentence(path):
    for code, names, line in literal_calls(path):
        entry = catalogue().get(code)
        if entry is None or names is None:
            continue
        wanted = set().union(*(placeholders(text) for text in entry.values()))
        assert wanted <= names, f"{path.name}:{line} {code} lacks {sorted(wanted - names)}"


def test_no_code_stands_in_two_files():
    homes: dict[str, list[str]] = {}
    for path in sorted(FOLDER.glob("*.yaml")):
        for code in load_yaml(path):
            homes.setdefault(code, []).append(path.name)
    assert {c: files for c, files in homes.items() if len(files) > 1} == {}


def test_a_thread_that_writes_chinese_leaves_the_windows_language_alone():
    import threading

    from qingliu.core import language

    before, heard = language.current(), []
    other = "zh" if before == "en" else "en"
    with language.speaking(other):
        beside = threading.Thread(target=lambda: heard.append(language.current()))
        beside.start()
        beside.join()
        assert (language.current(), heard) == (other, [before])
    assert language.current() == before
