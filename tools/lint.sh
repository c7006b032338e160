#!/usr/bin/env bash
# All static checks; each prints only what is wrong.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
py=.venv/bin/python
$py -m ruff check .
$py -m ruff format --check -q . || { echo "run: make format" >&2; exit 1; }
# mypy refuses a root whose name is no identifier: link it as qingliu in a folder of its own
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
ln -s "$PWD" "$work/qingliu"
config=$PWD/pyproject.toml; cache=$PWD/.mypy_cache; python=$PWD/$py
(cd "$work" && "$python" -m mypy --config-file "$config" --cache-dir "$cache" -p qingliu.core -p qingliu.layers \
  -p qingliu.layouts -p qingliu.processing -p qingliu.ui -p qingliu.plugin)
tools/translate.sh check
$py tools/sitescan.py
