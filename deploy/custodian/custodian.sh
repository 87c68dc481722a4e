#!/bin/sh
# The agent's commands on a machine where it is a service: as its user, in its directory, with its passphrase.
#
#   sudo custodian status
#   sudo custodian approve 1842
set -eu
program=${CUSTODIAN_PROGRAM:-/opt/expertpool-custodian/bin/expertpool-custodian}
user=${CUSTODIAN_USER:-expertpool-custodian}
directory=${CUSTODIAN_DIRECTORY:-/var/lib/expertpool-custodian/agent}
passphrase=${CUSTODIAN_PASSPHRASE_FILE:-/etc/expertpool-custodian/passphrase}

case ${1:-} in
'' | -*) exec "$program" --help ;;
esac
verb=$1
shift
cd /
EXPERTPOOL_CUSTODIAN_PASSPHRASE=$(head -n 1 "$passphrase")
export EXPERTPOOL_CUSTODIAN_PASSPHRASE
exec runuser -u "$user" -- "$program" "$verb" --dir "$directory" "$@"
