#!/usr/bin/env bash
# One database and one role per service (SEC-22), made before every start: what is there stays, passwords are renewed.
# Connects as psql does: PGHOST, PGUSER, PGPASSWORD.
set -euo pipefail

check() {
    if [[ ${ENV:-development} == production && ${!1:-local-} == local-* ]]; then
        echo "$1 is not set, or is one that comes with the repository" >&2
        exit 1
    fi
    if [[ ${!1:-} == *[^A-Za-z0-9._~-]* ]]; then
        echo "$1 may consist of letters, digits, '.', '_', '~' and '-': it is also a part of an address" >&2
        exit 1
    fi
}

sql() { psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --dbname postgres "$@"; }

check PGPASSWORD
sql --command "REVOKE CONNECT ON DATABASE postgres, template1 FROM PUBLIC"
for service in users billing workflow ai_router export notify analytics; do
    variable=${service^^}_DB_PASSWORD
    : "${!variable:?}"
    check "$variable"
    sql --set service="$service" --set variable="$variable" <<'SQL'
\getenv password :variable
SELECT format('CREATE ROLE %I LOGIN', :'service')
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'service') \gexec
ALTER ROLE :"service" PASSWORD :'password';
SELECT format('CREATE DATABASE %I OWNER %I', :'service', :'service')
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'service') \gexec
REVOKE ALL ON DATABASE :"service" FROM PUBLIC;
SQL
done
