#!/usr/bin/env bash
# Set up what the Makefile's targets need; quiet when there is nothing to do.
#   tools/setup.sh            apt packages, .venv, profile with the plugin linked
# apt needs root: where there is none, the exact line to run is printed and the script stops.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
root=$PWD

packages() { grep -v -e '^#' -e '^$' "$1"; }

installed() { dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null | grep -qx installed; }

apt_packages() {   # apt_packages LISTFILE
  local missing=() p
  for p in $(packages "$1"); do installed "$p" || missing+=("$p"); done
  [ ${#missing[@]} -eq 0 ] && return 0
  local line="apt-get install -y --no-install-recommends ${missing[*]}"
  if [ "$(id -u)" -ne 0 ]; then
    echo "Some packages are missing. Run this, then make again:" >&2
    echo "  sudo apt-get update && sudo $line" >&2
    exit 2
  fi
  echo "== installing ${#missing[@]} Debian packages (${missing[*]})"
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -q >/dev/null
  $line -q >build/apt.log 2>&1 || { tail -n 20 build/apt.log >&2; exit 1; }
}

python_environment() {
  local python=/usr/bin/python3 stamp=.venv/qingliu.stamp want
  want=$(cat tools/requirements.txt <("$python" -c 'import sys, numpy; print(sys.version, numpy.__version__)') | sha256sum)
  [ -e "$stamp" ] && [ "$(cat "$stamp")" = "$want" ] && [ -x .venv/bin/python ] && return 0
  echo "== making the Python environment .venv"
  [ -x .venv/bin/python ] || "$python" -m venv --system-site-packages .venv
  # GDAL's bindings and geopandas are built for the machine's numpy: never another one beside it.
  "$python" -c 'import numpy; print("numpy==" + numpy.__version__)' >build/constraints.txt
  .venv/bin/python -m pip install -q --disable-pip-version-check -c build/constraints.txt -r tools/requirements.txt \
    >build/pip.log 2>&1 || { tail -n 20 build/pip.log >&2; exit 1; }
  printf '%s\n' "$want" >"$stamp"
}

translations() {   # .qm beside its .ts, when the .ts is newer
  local ts qm release
  release=$(command -v lrelease || ls /usr/lib/qt5/bin/lrelease /usr/lib/qt6/bin/lrelease 2>/dev/null | head -n 1 || true)
  for ts in i18n/*.ts; do
    [ -e "$ts" ] || continue
    qm=${ts%.ts}.qm
    if [ -n "$release" ] && { [ ! -e "$qm" ] || [ "$ts" -nt "$qm" ]; }; then "$release" -silent "$ts" -qm "$qm"; fi
  done
}

profile() {   # a QGIS profile of its own, with this checkout linked in as the plugin
  local home=build/profile/profiles/default
  mkdir -p "$home/python/plugins" "$home/QGIS" build/run build/numba
  chmod 700 build/run
  [ "$(readlink "$home/python/plugins/qingliu" 2>/dev/null)" = "$root" ] ||
    { rm -rf "$home/python/plugins/qingliu"; ln -s "$root" "$home/python/plugins/qingliu"; }
  for ini in QGIS3 QGIS4; do
    [ -e "$home/QGIS/$ini.ini" ] || printf '[PythonPlugins]\nqingliu=true\nprocessing=true\n' >"$home/QGIS/$ini.ini"
  done
}

mkdir -p build
apt_packages tools/apt-packages.txt
[ -n "${1:-}" ] && apt_packages "$1"
python_environment
translations
profile
