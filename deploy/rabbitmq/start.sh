#!/bin/sh
# Starts the broker with its users, as the passwords in the environment are today.
set -eu
umask 077
sh /deploy/definitions.sh > /run/definitions.json
chown rabbitmq /run/definitions.json
exec docker-entrypoint.sh rabbitmq-server
