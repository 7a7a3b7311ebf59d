# One image for web, worker, scheduler and migrate; docker-compose.yml shows each.
FROM python:3.13-slim AS build
WORKDIR /source
RUN python -m venv /opt/voronka
COPY requirements.lock ./
RUN /opt/voronka/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r requirements.lock
COPY . ./
RUN /opt/voronka/bin/pip install --no-cache-dir --disable-pip-version-check --no-index --no-deps --no-build-isolation .

FROM python:3.13-slim
RUN useradd --system --uid 10001 --create-home --home-dir /data voronka
COPY --from=build /opt/voronka /opt/voronka
ENV PATH=/opt/voronka/bin:$PATH PYTHONUNBUFFERED=1
USER 10001
WORKDIR /data
EXPOSE 8000
ENTRYPOINT ["voronka"]
CMD ["serve"]
