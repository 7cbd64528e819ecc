#!/usr/bin/env bash
# Build the container images: scripts/images.sh [serving] [training]; without a name, both. `make images` calls it.
#
#   BUILDER      podman or docker; by default the one that is there
#   BASE_IMAGE   by default python:3.11-slim
#   SHARED       packages (one extended regular expression) to leave out of the training image, which then runs only where
#                they are mounted; the container tests do that with torch and CUDA
#   BUILD_FLAGS  further options of `build`, for example --network=host
#   REVISION     by default the commit that git names
#   PIP_INDEX_URL, NPM_CONFIG_REGISTRY   package indexes, if not the tools' own
set -euo pipefail
cd "$(dirname "$0")/.."

poetry=.tools/bin/poetry
context=build/images
builder=${BUILDER:-$(command -v podman || command -v docker || true)}
if [[ -z "$builder" ]]; then
    echo "images: expected podman or docker, found neither. Install one, or name it: BUILDER=/path/to/podman" >&2
    exit 2
fi
version=$($poetry version --short)
revision=${REVISION:-$(git describe --always --dirty=+ --abbrev=40 --exclude='*' 2>/dev/null || echo unknown)}
source=$(git remote get-url origin 2>/dev/null | grep -E '://|@' | sed -E 's#://[^/@]*@#://#' || true)
# One commit gives one image, however often it is built, and dependencies that did not change are the same layer in the
# images of all commits: hence no time of the commit (that one is told by the revision).
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-315532800}

rm -rf "$context" && mkdir -p "$context"
$poetry build --quiet --format wheel --output "$context"
# Neither image gets Node: what the viewer takes from npm is fetched here.
PULIH_VIEWER_DIR=$context/viewer $poetry run python -m pulih.common.viewer.openseadragon
$poetry export --quiet --without-urls --only serving --output "$context/requirements-serving.txt"
$poetry export --quiet --without-urls --only main --output "$context/requirements-training.txt"
# One dependency (kfp-server-api) comes as source only; what builds it is locked too.
awk '/^[^ ]/ { wanted = /^setuptools==/ } wanted' "$context/requirements-training.txt" > "$context/requirements-build.txt"

if [[ -n "${SHARED:-}" ]]; then
    awk -v shared="^($SHARED)==" '/^[^ ]/ { wanted = $0 !~ shared } wanted' "$context/requirements-training.txt" \
        > "$context/requirements.txt"
    mv "$context/requirements.txt" "$context/requirements-training.txt"
fi

reproducible=(--timestamp "$SOURCE_DATE_EPOCH")
if [[ "$(basename "$builder")" == docker* ]]; then
    reproducible=(--output type=docker,rewrite-timestamp=true --build-arg SOURCE_DATE_EPOCH="$SOURCE_DATE_EPOCH")
fi
if [[ $# -eq 0 ]]; then set -- serving training; fi
for image in "$@"; do
    if [[ ! -f "docker/$image.Dockerfile" ]]; then
        echo "images: expected serving or training, found '$image'" >&2
        exit 2
    fi
    tag="pulih/$image:$version"
    # The local runner of Kubeflow Pipelines looks for "python" in the name; components/images.py has the same tag.
    if [[ "$image" == training ]]; then tag+="-python3.11"; fi
    arguments=(--build-arg SOURCE="${source:-unknown}" --build-arg REVISION="$revision" --build-arg VERSION="$version")
    for name in BASE_IMAGE PIP_INDEX_URL NPM_CONFIG_REGISTRY; do
        if [[ -n "${!name:-}" ]]; then arguments+=(--build-arg "$name=${!name}"); fi
    done
    # Only podman's docker format keeps a HEALTHCHECK; settle_image.py makes it the same every time.
    settle=false
    if [[ "$(basename "$builder")" == podman* ]] && ! grep -q '^HEALTHCHECK NONE' "docker/$image.Dockerfile"; then
        settle=true
        arguments+=(--format docker)
    fi
    # shellcheck disable=SC2086  # several options in one variable
    "$builder" build "${reproducible[@]}" "${arguments[@]}" ${BUILD_FLAGS:-} \
        --tag "$tag" --file "docker/$image.Dockerfile" "$context"
    if $settle; then $poetry run python scripts/settle_image.py "$builder" "$tag"; fi
    echo "built $tag"
done
