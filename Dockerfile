# Two stages: the first makes the virtual environment, the second carries only what runs.
# Nothing secret is needed to build, and nothing secret is in the image: settings come when it starts.

FROM python:3.13-slim-trixie AS build
WORKDIR /app
RUN python -m venv .venv
COPY requirements/run.lock requirements/
RUN .venv/bin/pip install --require-hashes --only-binary :all: --no-cache-dir --disable-pip-version-check \
    -r requirements/run.lock
COPY . .
# Static files need settings, not these ones: both keys exist for this one command.
RUN SECRET_KEY="$(python -c 'import secrets; print(secrets.token_urlsafe(64))')" \
    FIELD_KEYS="$(python -c 'import base64, secrets; print(base64.urlsafe_b64encode(secrets.token_bytes(32)).decode())')" \
    VAR_DIR=/tmp/var ENV_FILE=/dev/null \
    .venv/bin/python manage.py collectstatic --noinput --verbosity 0 \
    && .venv/bin/python -m compileall -q portal invitations

FROM python:3.13-slim-trixie
# pg_dump, pg_restore and psql, for `backup` and `restore`: of the same major version as the server in compose.yaml, which
# is why the base names its Debian. They dump older servers as well, and no newer one.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends postgresql-client-17 \
    && rm -rf /var/lib/apt/lists/*
RUN groupadd --gid 10001 convite \
    && useradd --uid 10001 --gid convite --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin convite \
    && install -d -o convite -g convite -m 0700 /var/lib/convite
WORKDIR /app
COPY --from=build /app /app
ENV PATH=/app/.venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    ENV_FILE=/dev/null \
    VAR_DIR=/var/lib/convite \
    BIND=0.0.0.0:8000
USER convite
VOLUME /var/lib/convite
EXPOSE 8000
# Asked under the portal's own name, the only one that is answered. Over a bare socket, because the image has no
# compiled standard library and a busy machine takes seconds for urllib. The worker has no address to ask:
# compose.yaml switches this off there.
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s CMD ["python", "-I", "-S", "-c", "\
import os, socket; \
host = os.environ['PORTAL_URL'].partition('://')[2].rstrip('/'); \
ask = socket.create_connection(('127.0.0.1', 8000), timeout=4); \
ask.sendall(f'GET /healthz HTTP/1.0\\r\\nHost: {host}\\r\\n\\r\\n'.encode()); \
raise SystemExit(ask.makefile('rb').readline().split()[1:2] != [b'200'])"]
CMD ["gunicorn"]
