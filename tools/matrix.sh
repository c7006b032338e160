#!/usr/bin/env bash
# The suite on QGIS 3.22 (this machine), 3.40 (Debian trixie) and 3.44 (Debian forky).
# Needs root and debootstrap; each chroot is made once under build/matrix and kept.
#   tools/matrix.sh [SUITE...]      default: trixie forky
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
[ "$(id -u)" -eq 0 ] || { echo "make matrix builds chroots and needs root: sudo make matrix" >&2; exit 2; }
command -v debootstrap >/dev/null || { apt-get update -q >/dev/null; apt-get install -y -q debootstrap >/dev/null; }
suites=("$@"); [ ${#suites[@]} -gt 0 ] || suites=(trixie forky)
mirror=${MIRROR:-$(apt-get indextargets --format '$(REPO_URI)' | grep -v -i security | sort -u | sed -n 1p)}
failed=0
leave() { for m in dev/pts dev/shm proc; do mountpoint -q "$1/$m" && umount "$1/$m"; done || true; }
for suite in "${suites[@]}"; do
  chroot_dir=${MATRIX_DIR:-$PWD/build/matrix}/$suite; mkdir -p "$chroot_dir"
  if [ ! -e "$chroot_dir/etc/debian_version" ]; then
    script=/usr/share/debootstrap/scripts/$suite; [ -e "$script" ] || script=/usr/share/debootstrap/scripts/sid
    debootstrap --variant=minbase --include=ca-certificates,git,make \
      --keyring=/usr/share/keyrings/debian-archive-keyring.gpg "$suite" "$chroot_dir" "$mirror" "$script" >/dev/null
    apt-config dump | grep -E '^Acquire::(Check-|http|https|Retries)' | grep -v -E ' "";$' \
      >"$chroot_dir/etc/apt/apt.conf.d/00host" || true
    printf '#!/bin/sh\nexit 101\n' >"$chroot_dir/usr/sbin/policy-rc.d"; chmod +x "$chroot_dir/usr/sbin/policy-rc.d"
  fi
  [ -x "$chroot_dir/usr/bin/make" ] || { echo "no make in $chroot_dir: remove it and run again" >&2; exit 1; }
  for f in /etc/resolv.conf /etc/pip.conf /etc/ssl/certs/ca-certificates.crt; do
    if [ -e "$f" ]; then mkdir -p "$chroot_dir$(dirname "$f")"; cp -L "$f" "$chroot_dir$f"; fi
  done
  mkdir -p "$chroot_dir/proc" "$chroot_dir/dev/shm" "$chroot_dir/dev/pts"
  mountpoint -q "$chroot_dir/proc" || mount -t proc proc "$chroot_dir/proc"
  mountpoint -q "$chroot_dir/dev/shm" || mount -t tmpfs tmpfs "$chroot_dir/dev/shm"
  mountpoint -q "$chroot_dir/dev/pts" || mount -t devpts devpts "$chroot_dir/dev/pts" || true
  rm -rf "$chroot_dir/home/qingliu"; git clone -q . "$chroot_dir/home/qingliu"
  [ -d ../shared ] && { rm -rf "$chroot_dir/home/shared"; cp -a ../shared "$chroot_dir/home/shared"; }
  echo "== $suite"
  pass=(); for v in PIP_INDEX_URL PIP_EXTRA_INDEX_URL PIP_TRUSTED_HOST PIP_CERT SSL_CERT_FILE REQUESTS_CA_BUNDLE; do
    if [ -n "${!v:-}" ]; then pass+=("$v=${!v}"); fi; done
  env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root TERM=dumb LANG=C.UTF-8 "${pass[@]}" chroot "$chroot_dir" \
    /bin/bash -c 'git config --global --add safe.directory "*"; cd /home/qingliu && make test' || failed=1
  leave "$chroot_dir"
done
exit $failed
