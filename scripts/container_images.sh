#!/usr/bin/env bash
# Build what `make test-containers` runs, with podman, in an image store of its own; what did not change is kept.
#
#   scripts/container_images.sh   prints the folder with podman's settings (containers.conf, storage.conf)
#   BASE_IMAGE       an image that can be pulled, e.g. python:3.11-slim; by default a stand-in made from Debian's packages
#   WHOLE=1          torch and CUDA inside of the training image, as users get it: 7 GB, and twice that while it is built.
#                    By default it is built without them (SHARED), and containers get them from .venv, read-only
#   REBUILD=1        build although nothing has changed
#   XDG_CACHE_HOME   where the folder is made; by default ~/.cache
#
# Needs root, podman, and for the stand-in mmdebstrap. The first time takes about ten minutes and 6 GB.
set -euo pipefail
cd "$(dirname "$0")/.."

folder=${XDG_CACHE_HOME:-$HOME/.cache}/pulih/containers
stand_in=localhost/pulih/stand-in-python:3.11

need() {
    if ! command -v "$1" > /dev/null; then
        echo "container_images: expected '$1' on the PATH, found none. $2" >&2
        exit 2
    fi
}

need podman "Install it from your distribution: apt-get install podman buildah netavark aardvark-dns"
mkdir -p "$folder/storage" "$folder/run"

# Limits above those of this shell cannot be given to a container by whoever may not raise them.
limit() { if [[ "$1" == unlimited || "$1" -gt 4096 ]]; then echo 4096; else echo "$1"; fi; }
cat > "$folder/containers.conf" << CONF
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
$(if command -v runc > /dev/null; then echo 'runtime = "runc"'; fi)
[containers]
default_ulimits = ["nofile=$(limit "$(ulimit -Hn)"):$(limit "$(ulimit -Hn)")", "nproc=$(limit "$(ulimit -Hu)"):$(limit "$(ulimit -Hu)")"]
[network]
network_backend = "netavark"
CONF
cat > "$folder/storage.conf" << CONF
[storage]
driver = "overlay"
graphroot = "$folder/storage"
runroot = "$folder/run"
CONF
export CONTAINERS_CONF=$folder/containers.conf CONTAINERS_STORAGE_CONF=$folder/storage.conf

make_stand_in() {
    need mmdebstrap "Install it, or name an image that can be pulled: BASE_IMAGE=python:3.11-slim"
    echo "container_images: making a stand-in for python:3.11-slim; this takes minutes" >&2
    local left_out=()
    for part in doc man locale; do left_out+=("--dpkgopt=path-exclude=/usr/share/$part/*"); done
    mmdebstrap --quiet --variant=minbase --include=python3,python3-pip,python3-venv,ca-certificates "${left_out[@]}" \
        bookworm "$folder/stand-in.tar" >&2
    podman import --quiet --change "ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" \
        "$folder/stand-in.tar" "$stand_in" >&2
    rm "$folder/stand-in.tar"
}

if [[ -z "${BASE_IMAGE:-}" ]]; then
    export BASE_IMAGE=$stand_in
    podman image exists "$stand_in" || make_stand_in
fi

# What this machine needs to reach its package indexes; mounted while something is installed, so that no layer has it.
flags=(--network=host)
for file in "${SSL_CERT_FILE:-}" /etc/pip.conf; do
    if [[ -n "$file" && -f "$file" ]]; then flags+=(--volume "$file:$file:ro"); fi
done
settings=$(mktemp)
trap 'rm -f "$settings"' EXIT
cat "$HOME/.npmrc" > "$settings" 2> /dev/null || true
if [[ -f "${SSL_CERT_FILE:-}" ]]; then printf '\ncafile=%s\n' "$SSL_CERT_FILE" >> "$settings"; fi
flags+=(--volume "$settings:$(echo ~root)/.npmrc:ro")
export BUILD_FLAGS="${flags[*]} ${BUILD_FLAGS:-}"

# Built again only when what goes in has changed.
inputs=$(cat docker/* poetry.lock scripts/images.sh scripts/settle_image.py $(git ls-files src pipelines components serving) \
    | sha256sum | cut -c1-16)
inputs+="-$(podman image inspect --format '{{.Id}}' "$BASE_IMAGE" 2> /dev/null || echo "$BASE_IMAGE")-${WHOLE:-0}"
if [[ "${REBUILD:-0}" == 1 || "$(cat "$folder/built" 2> /dev/null)" != "$inputs" ]]; then
    rm -f "$folder/built"
    if [[ "${WHOLE:-0}" != 1 ]]; then export SHARED='torch|triton|nvidia-.*|cuda-.*'; fi
    scripts/images.sh "$@" >&2
    # A build that was killed leaves a container that holds on to its layers.
    podman image prune --force > /dev/null || echo "container_images: some former layers are in use and stay" >&2
    echo "$inputs" > "$folder/built"
fi
echo "$folder"
