# StashHog in a container: docs/deployment.md. `docker build -t stashhog .`
FROM python:3.11-slim-bookworm AS build
WORKDIR /build
RUN python -m venv /opt/stashhog
COPY requirements.txt ./
RUN /opt/stashhog/bin/pip install --no-cache-dir --disable-pip-version-check -r requirements.txt
COPY pyproject.toml setup.py MANIFEST.in README.md LICENSE ./
COPY jobs jobs
COPY scenes scenes
COPY stashhog stashhog
COPY templates templates
RUN /opt/stashhog/bin/pip install --no-cache-dir --disable-pip-version-check --no-deps .

FROM python:3.11-slim-bookworm
# tini hands signals on and takes in what others leave; PostgreSQL's programs make its backups, of versions up to their own.
RUN apt-get update \
    && apt-get install -y --no-install-recommends tini postgresql-client-15 \
    && rm -rf /var/lib/apt/lists/*
COPY --from=build /opt/stashhog /opt/stashhog
COPY --chmod=755 deploy/docker/entrypoint.sh /usr/local/bin/stashhog-entrypoint
COPY --chmod=755 deploy/docker/healthcheck.py /usr/local/bin/stashhog-healthcheck
ENV PATH=/opt/stashhog/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    STASHHOG_DATA_DIR=/data \
    STASHHOG_BIND=0.0.0.0:8000 \
    PUID=1000 \
    PGID=1000 \
    UMASK=022
# `stashhog` reads the file .env here, too.
WORKDIR /data
VOLUME /data
EXPOSE 8000
# A first start brings the database up to date before anything answers.
HEALTHCHECK --interval=30s --timeout=10s --start-period=120s --retries=3 CMD ["stashhog-healthcheck"]
# StashHog has its jobs back in the queue 4 s after this.
STOPSIGNAL SIGTERM
ENTRYPOINT ["tini", "--", "stashhog-entrypoint"]
CMD ["run"]
