# The endpoint: the exported network on onnxruntime, without torch. `make images` prepares the context (build/images):
# this project's wheel, and the locked dependencies with their hashes.
ARG BASE_IMAGE=python:3.11-slim

FROM ${BASE_IMAGE} AS build
# The index that pip reads, unless it is pip's own; it stays in this stage.
ARG PIP_INDEX_URL
# Compiled Python then carries a hash of its source instead of a time; which time this is does not matter.
ENV SOURCE_DATE_EPOCH=315532800
COPY requirements-serving.txt /tmp/wheels/
RUN python3 -m venv --without-pip /opt/pulih \
    && python3 -m pip --python /opt/pulih/bin/python install --no-cache-dir --no-deps --only-binary :all: \
        --require-hashes --requirement /tmp/wheels/requirements-serving.txt \
    && find /opt/pulih/lib -type d -name tests -prune -exec rm -r {} +
COPY viewer /opt/pulih/viewer
# A layer of its own: what changes with every commit is a few MB.
COPY *.whl /tmp/wheels/
RUN python3 -m pip --python /opt/pulih/bin/python install --no-cache-dir --no-deps --no-index --prefix /opt/project \
        /tmp/wheels/*.whl

FROM ${BASE_IMAGE}
COPY --from=build /opt/pulih /opt/pulih
COPY --from=build /opt/project /opt/pulih
ARG SOURCE=unknown
ARG REVISION=unknown
ARG VERSION=unknown
LABEL org.opencontainers.image.title="pulih-serving" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.source="${SOURCE}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.version="${VERSION}"
# /tmp is all that is ever written to: mount something there and the root file system may be read-only.
ENV PATH=/opt/pulih/bin:${PATH} HOME=/tmp PULIH_RUNS_DIR=/tmp/runs PULIH_SERVING_HOST=0.0.0.0 \
    PULIH_VIEWER_DIR=/opt/pulih/viewer PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /tmp
USER 65532:65532
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8080/v2/health/ready', timeout=4)"]
ENTRYPOINT ["python", "-m", "serving"]
CMD ["--model-dir", "/mnt/models"]
