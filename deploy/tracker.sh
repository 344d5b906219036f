#!/bin/sh
# The tracker as the server runs it: its user, its configuration, its secrets. Installed as /usr/local/bin/tracker, so that
# `tracker list` typed by an administrator reads the daemon's database and leaves no file there that the daemon cannot write.
set -eu

config=${TRACKER_CONFIG:-/etc/tracker/config.toml}
secrets=/etc/tracker/secrets.env

if [ -n "${_TRACKER_COMPLETE:-}" ]; then # the shell asks for completions: no configuration is read for that
    exec /opt/tracker/bin/tracker "$@"
fi
if [ "$(id -un)" != tracker ]; then
    as_service=sudo
    [ "$(id -u)" -ne 0 ] || as_service=runuser # root needs no sudo, and small servers have none
    exec "$as_service" -u tracker -- env HOME=/var/lib/tracker TRACKER_CONFIG="$config" "$0" "$@"
fi
if [ -r "$secrets" ]; then
    set -a
    . "$secrets"
    set +a
fi
umask 027
export TRACKER_CONFIG="$config"
exec /opt/tracker/bin/tracker "$@"
