#!/usr/bin/env bash
# Pictures of QGIS's window with each dock, in Chinese and English, into docs/images. Needs build/demo (make demo).
#   tools/window_pictures.sh [zh|en ...]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
eval "$(tools/env.sh)"
[ -e build/demo/survey.qgz ] || { echo "run make demo first: the pictures show its watershed" >&2; exit 2; }
for tool in qgis Xvfb; do
  command -v $tool >/dev/null || { echo "$tool is missing: apt-get install qgis xvfb" >&2; exit 2; }
done
work=$(mktemp -d); xpid=; qpid=
trap 'kill ${qpid:-} ${xpid:-} 2>/dev/null || true; rm -rf "$work"' EXIT
for language in "${@:-zh en}"; do for lang in $language; do
  ui=en; [ "$lang" = zh ] && ui=zh-Hans
  profile=$work/$lang/profiles/default; mkdir -p "$profile/python/plugins" "$profile/QGIS" "$work/$lang/home"
  ln -s "$PWD" "$profile/python/plugins/qingliu"
  printf '[PythonPlugins]\nqingliu=true\nprocessing=true\n[qgis]\ncheckVersion=false\nshowTips322=false\nshowTips340=false\nenableMacros=Never\nnewsFeed=false\n[core]\nNewsFeed\\httpsfeedqgisorg\\disabled=true\n[locale]\noverrideFlag=true\nuserLocale=%s\nglobalLocale=%s\n' \
    "$ui" "$ui" >"$profile/QGIS/QGIS3.ini"
  cp -r build/demo "$work/$lang/demo"; cp build/demo/practice/case.yaml "$work/$lang/demo/"; mkdir -p "$work/out"
  for d in $(seq 150 190); do [ -e "/tmp/.X11-unix/X$d" ] || break; done
  Xvfb ":$d" -screen 0 1400x900x24 -nolisten tcp 2>/dev/null & xpid=$!
  sleep 1
  HOME="$work/$lang/home" DISPLAY=":$d" QT_QPA_PLATFORM=xcb PICTURES_OUT="$work/out" \
    PICTURES_DEMO="$work/$lang/demo" PICTURES_LANGUAGE="$lang" PYTHONDONTWRITEBYTECODE=1 \
    qgis --nologo --noversioncheck --profiles-path "$work/$lang" --profile default --lang "$ui" \
    --code tools/window_pictures.py >"$work/log" 2>&1 & qpid=$!
  for _ in $(seq 900); do [ -e "$work/out/done-$lang" ] && break; kill -0 $qpid 2>/dev/null || break; sleep 1; done
  kill -9 $qpid $xpid 2>/dev/null || true; wait $qpid $xpid 2>/dev/null || true; qpid=; xpid=
  [ "$(cat "$work/out/done-$lang" 2>/dev/null)" = 0 ] || { tail -30 "$work/log" >&2; exit 1; }
done; done
.venv/bin/python - "$work/out" docs/images <<'PY'
# 160 colours without dither: letters stay sharp in a quarter of the size
import sys
from pathlib import Path
from PIL import Image
for path in sorted(Path(sys.argv[1]).glob("*.png")):
    picture = Image.open(path).convert("RGB")
    few = picture.quantize(160, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    few.save(Path(sys.argv[2]) / path.name, optimize=True)
PY
ls -l docs/images
