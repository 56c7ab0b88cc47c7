# The operator as an image: the wheel and its locked dependencies, nothing else. No shell runs in it.
#
#   docker build -t esoctl:0.1.0 .
#
# /opt/esoctl/sbom.cdx.json in it says what it is made of.

FROM python:3.13.9-slim-trixie AS base

FROM base AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /build
COPY requirements/build.txt requirements/run.txt requirements/
RUN ["pip", "install", "--require-hashes", "--only-binary=:all:", "-r", "requirements/build.txt"]
RUN ["python", "-m", "venv", "--without-pip", "/opt/esoctl"]
RUN ["pip", "--python", "/opt/esoctl/bin/python", "install", "--require-hashes", "--only-binary=:all:", "-r", "requirements/run.txt"]
COPY pyproject.toml README.md LICENSE ./
COPY src src
RUN ["pip", "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", "wheels", "."]
RUN ["pip", "--python", "/opt/esoctl/bin/python", "install", "--no-deps", "--no-index", "--find-links", "wheels", "esoctl"]
# What is in the image, package by package, for whoever must know (CycloneDX).
RUN ["cyclonedx-py", "environment", "--output-reproducible", "--output-format", "JSON", "--output-file", "/opt/esoctl/sbom.cdx.json", "/opt/esoctl/bin/python"]

FROM base
LABEL org.opencontainers.image.title="esoctl" \
      org.opencontainers.image.description="An External Secrets Operator for Kubernetes and AWS" \
      org.opencontainers.image.version="0.1.0" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.base.name="python:3.13.9-slim-trixie"
COPY --from=build /opt/esoctl /opt/esoctl
# The root file system is read-only in the Deployment, and there is no home to look for settings in.
ENV PATH=/opt/esoctl/bin:/usr/local/bin:/usr/bin:/bin \
    HOME=/nonexistent \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
WORKDIR /
EXPOSE 8080 8082
USER 65532:65532
ENTRYPOINT ["esoctl"]
CMD ["run"]
