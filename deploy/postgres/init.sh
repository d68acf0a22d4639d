#!/usr/bin/env bash
# One database and one role per service (SEC-22); runs once, when the volume is empty.
set -euo pipefail
for service in users billing workflow ai_router export notify; do
    psql --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" <<SQL
CREATE ROLE ${service} LOGIN PASSWORD '${SERVICE_DB_PASSWORD}';
CREATE DATABASE ${service} OWNER ${service};
REVOKE CONNECT ON DATABASE ${service} FROM PUBLIC;
SQL
done
