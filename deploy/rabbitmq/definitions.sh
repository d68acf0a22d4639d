#!/bin/sh
# Writes the broker's users and what each may do; RabbitMQ imports it at every start. A password is <SERVICE>_MQ_PASSWORD.
#
# A service declares, binds and reads what bears its name, and publishes its own events alone. Commands are workflow's,
# and ai-router's, which has single orders paid for. Where MONITOR_MQ_PASSWORD is set, somebody besides sees how long queues are.
# Retries and replays go through the default exchange, whose permission does not tell one queue from another.
set -eu

separator=""
users="" permissions="" topics=""
for service in users billing workflow ai_router export notify analytics gateway ${MONITOR_MQ_PASSWORD:+monitor}; do
    variable="$(echo "$service" | tr '[:lower:]' '[:upper:]')_MQ_PASSWORD"
    eval "password=\${$variable:?}"
    case "$password" in
    *[!A-Za-z0-9._~-]*)
        echo "$variable may consist of letters, digits, '.', '_', '~' and '-': it is also a part of an address" >&2
        exit 1
        ;;
    local-*)
        if [ "${ENV:-development}" = production ]; then
            echo "$variable is one that comes with the repository" >&2
            exit 1
        fi
        ;;
    esac
    own="$service[.].*"
    exchanges="events|commands|dead-letters"
    writes="events|dead-letters|amq[.]default"
    case "$service" in workflow | ai_router) writes="$writes|commands" ;; esac
    configure="^($exchanges|$own)\$" write="^($writes|$own)\$" read="^($exchanges|$own)\$" tags=""
    case "$service" in monitor) configure="^\$" write="^\$" read="^\$" tags="\"monitoring\"" ;; esac
    who="\"user\": \"$service\", \"vhost\": \"/\""
    users="$users$separator{\"name\": \"$service\", \"password\": \"$password\", \"tags\": [$tags]}"
    permissions="$permissions$separator{$who, \"configure\": \"$configure\", \"write\": \"$write\", \
\"read\": \"$read\"}"
    topics="$topics$separator{$who, \"exchange\": \"events\", \"write\": \"^$service[.]\", \"read\": \".*\"}"
    separator=",
    "
done
cat <<JSON
{
  "vhosts": [{"name": "/"}],
  "users": [
    $users
  ],
  "permissions": [
    $permissions
  ],
  "topic_permissions": [
    $topics
  ]
}
JSON
