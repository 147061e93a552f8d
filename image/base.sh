#!/bin/sh
# Make a base image for the Dockerfile out of Debian packages alone, for machines that reach no image registry.
#
#   image/base.sh NAME
#
# Needs root, debootstrap and buildah. SUITE and MIRROR say which Debian and where from.
set -eu
name=$1
suite=${SUITE:-bookworm}
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT

debootstrap --variant=minbase --include=python3,python3-venv,ca-certificates "$suite" "$root" \
  "${MIRROR:-http://deb.debian.org/debian}" >&2
rm -rf "$root"/var/cache/apt/* "$root"/var/lib/apt/lists/* "$root"/var/log/* \
  "$root"/usr/share/doc/* "$root"/usr/share/man/* "$root"/usr/share/locale/*

container=$(buildah from scratch)
buildah add --quiet "$container" "$root" / >/dev/null
buildah config --cmd python3 --label org.opencontainers.image.title="Debian $suite with Python" "$container"
buildah commit --quiet --rm "$container" "$name"
