# The command daffnet where there is no PyTorch, for models that were exported;
# the last one serves at http://127.0.0.1:8000 of this machine:
#   docker build -t daffnet .
#   docker run --rm -v .:/data daffnet --help
#   docker run --rm -v .:/data -p 127.0.0.1:8000:8000 daffnet serve \
#     --host 0.0.0.0 --onnx model.onnx
# Add --user "$(id -u):$(id -g)" where it writes files into the folder.
FROM python:3.11-slim-bookworm AS build
WORKDIR /source
COPY setup.py pyproject.toml model-index.yml README.md LICENSE ./
COPY requirements requirements
COPY configs configs
COPY tools tools
COPY daffnet_lite daffnet_lite
COPY daffnet_mm daffnet_mm
RUN python -m venv /opt/daffnet \
    && /opt/daffnet/bin/pip install --no-cache-dir '.[serve]'

FROM python:3.11-slim-bookworm
# What OpenCV takes from the system, in whatever version Debian stable has.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends libgl1 libglib2.0-0 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --create-home --uid 1000 daffnet
COPY --from=build /opt/daffnet /opt/daffnet
ENV PATH=/opt/daffnet/bin:$PATH
USER 1000
WORKDIR /data
ENTRYPOINT ["daffnet"]
CMD ["--help"]
