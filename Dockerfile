# Playhead, its model and the demo archive, in an image that needs no network and writes to one place: /index.
#
#   BASE         any Debian-like image with python3 (3.11 or newer) and venv; `make image` makes one without a registry
#   TORCH_INDEX  where to look for PyTorch's build without CUDA, besides pip's own index; empty to look nowhere else
#   PIP_*        pip's own settings while it builds, for a mirror; none of them is left in the image
ARG BASE=python:3.11-slim-bookworm

FROM ${BASE} AS build
ARG TORCH_INDEX=https://download.pytorch.org/whl/cpu
ARG PIP_INDEX_URL
ARG PIP_EXTRA_INDEX_URL
ARG PIP_FIND_LINKS
ARG PIP_TRUSTED_HOST
ARG PIP_CERT
ENV PATH=/opt/playhead/bin:$PATH \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_NO_CACHE_DIR=1
RUN python3 -m venv /opt/playhead
WORKDIR /src
# What Playhead stands on changes seldom, so it is a layer of its own. torch goes first and alone: its CPU build
# satisfies every later requirement, and no other package is looked for on that index.
COPY pyproject.toml ./
RUN python -c 'import tomllib; project = tomllib.load(open("pyproject.toml", "rb"))["project"]; \
      print(*project["dependencies"], *project["optional-dependencies"]["postgres"], sep="\n")' > requirements.txt \
 && grep '^torch==' requirements.txt > torch.txt \
 && pip install --only-binary torch --requirement torch.txt ${TORCH_INDEX:+--extra-index-url "$TORCH_INDEX"} \
 && pip install --requirement requirements.txt
COPY README.md LICENSE ./
COPY app app
COPY ingest ingest
COPY playhead playhead
# torch's headers and tests are for building torch, and pip has nothing left to do.
RUN pip install --no-deps . \
 && pip uninstall --yes pip \
 && rm -rf /opt/playhead/lib/python3*/site-packages/torch/include /opt/playhead/lib/python3*/site-packages/torch/test

FROM ${BASE}
LABEL org.opencontainers.image.title="Playhead" \
      org.opencontainers.image.description="Ask a podcast archive a question; land on the second where it is answered." \
      org.opencontainers.image.licenses="Apache-2.0"
# The home of a user that owns nothing: what libraries insist on writing goes to /tmp, which may be a tmpfs.
RUN useradd --uid 10001 --no-create-home --home-dir /tmp --shell /usr/sbin/nologin playhead \
 && install --directory --owner 10001 --group 10001 /index
COPY --from=build /opt/playhead /opt/playhead
COPY LICENSE /srv/LICENSE
COPY data/transcripts /srv/data/transcripts
ENV PATH=/opt/playhead/bin:$PATH \
    HOME=/tmp \
    PYTHONDONTWRITEBYTECODE=1 \
    PLAYHEAD_ENGINE=embedded:/index \
    PLAYHEAD_SPEAKERS=/index/speakers.toml \
    PLAYHEAD_KEYS=/index/keys.toml \
    PLAYHEAD_HOST=0.0.0.0
WORKDIR /srv
USER 10001:10001
VOLUME /index
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
  CMD ["python", "-c", "import os, urllib.request as web; web.urlopen(f\"http://127.0.0.1:{os.environ.get('PLAYHEAD_PORT', 8000)}/healthz\", timeout=4)"]
ENTRYPOINT ["playhead"]
# An empty volume is a library with nothing in it yet, and no reason to stop.
CMD ["serve", "--create"]
