#!/bin/sh
# Build the image NAME with what this machine has: docker, podman or buildah.
#
#   image/build.sh NAME
#
# BASE and TORCH_INDEX go to the Dockerfile's arguments of those names, PIP_INDEX_URL and its kin to pip while it
# builds, and IMAGE_BUILD_OPTIONS to the tool as they stand. buildah needs no daemon and no registry: without a BASE
# it makes one from Debian packages (image/base.sh).
set -eu
cd "$(dirname "$0")/.."
name=$1
. image/tool.sh

if [ "$tool" = buildah ] && [ -z "${BASE:-}" ]; then
  export BASE=localhost/playhead-base
  buildah inspect --type image "$BASE" >/dev/null 2>&1 || { need debootstrap; image/base.sh "$BASE"; }
fi

set -- --tag "$name"
for argument in BASE TORCH_INDEX PIP_INDEX_URL PIP_EXTRA_INDEX_URL PIP_FIND_LINKS PIP_TRUSTED_HOST PIP_CERT; do
  if printenv "$argument" >/dev/null; then set -- "$@" --build-arg "$argument"; fi
done
# docker's format keeps the health check, which OCI's has no place for.
case $tool in
  docker) set -- build "$@" ;;
  podman) set -- build --format docker "$@" ;;
  buildah) set -- bud --isolation chroot --format docker --layers "$@" ;;
esac
# Several options are several words.
# shellcheck disable=SC2086
"$tool" "$@" ${IMAGE_BUILD_OPTIONS:-} .
