#!/usr/bin/env bash
# The peers' Python environment, made anew when requirements-bench.txt changes.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
stamp=build/bench/venv/qingliu.stamp
want=$(sha256sum <tools/requirements-bench.txt)
[ -e "$stamp" ] && [ "$(cat "$stamp")" = "$want" ] && exit 0
echo "== making the environment of the peers"
mkdir -p build/bench
python3 -m venv --clear build/bench/venv
build/bench/venv/bin/python -m pip install -q --disable-pip-version-check -r tools/requirements-bench.txt \
  >build/bench/pip.log 2>&1 || { tail -n 20 build/bench/pip.log >&2; exit 1; }
printf '%s\n' "$want" >"$stamp"
