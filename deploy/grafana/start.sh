#!/bin/sh
# Starts Grafana, in production with a password of its own.
set -eu
if [ "${ENV:-development}" = production ]; then
    case "$GF_SECURITY_ADMIN_PASSWORD" in local-*) echo "GRAFANA_PASSWORD is one that comes with the repository" >&2; exit 1 ;; esac
fi
exec /run.sh
