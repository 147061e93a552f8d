# shellcheck shell=sh
# Sourced: which tool makes and runs images here ($tool), and how to come by what is missing (need PACKAGE…).

need() {
  for package; do
    command -v "$package" >/dev/null && continue
    if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
      echo "This needs $package; on Debian: apt-get install $*" >&2
      exit 1
    fi
    echo "Installing $package with apt-get" >&2
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -qq --yes --no-install-recommends "$package" >&2
  done
}

tool=${IMAGE_TOOL:-}
for each in docker podman buildah; do
  # `info` asks the engine and not only its client.
  [ -n "$tool" ] || { command -v "$each" >/dev/null && "$each" info >/dev/null 2>&1 && tool=$each; } || true
done
[ -n "$tool" ] || { need buildah; tool=buildah; }
echo "Using $tool" >&2
