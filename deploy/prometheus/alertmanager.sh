#!/bin/sh
# Starts Alertmanager: the token becomes a file, as it wants it; where WATCHDOG_URL is set, the switch that it calls.
set -eu
umask 077
cd "${1:-/tmp}"
printf %s "$ALERT_TOKEN" > alert_token
cat "${2:-/etc/alertmanager/alertmanager.yml}" > alertmanager.yml
case "${WATCHDOG_URL:-}" in
"") ;;
*[!a-zA-Z0-9:/._~?=\&%+-]*) echo "WATCHDOG_URL is no address" >&2; exit 1 ;;
http://* | https://*)
    # The switch is the last receiver of the file.
    printf '    webhook_configs:\n      - {url: "%s", send_resolved: false}\n' "$WATCHDOG_URL" >> alertmanager.yml ;;
*) echo "WATCHDOG_URL is no address" >&2; exit 1 ;;
esac
exec alertmanager --config.file="$PWD/alertmanager.yml" --storage.path="$PWD/alertmanager"
