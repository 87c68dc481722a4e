#!/usr/bin/env bash
# Install what the registries of Python cannot give; returns at once when it is there already.
#
#   deploy/system-packages.sh postgresql      the server's programs, for the tests (which start their own cluster)
#   deploy/system-packages.sh chromium        the browser that tests of pages drive; takes half a minute
#   deploy/system-packages.sh python3-venv    where the distribution splits `venv` from Python
#   deploy/system-packages.sh make
#   deploy/system-packages.sh nodejs          for the tests of the browser's replayer
#
# Knows apt-get, as root or with a sudo that asks for no password. Elsewhere it says what is missing and fails.
set -euo pipefail

postgresql_present() {
    command -v initdb >/dev/null || compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null
}

present() {
    case $1 in
        postgresql) postgresql_present ;;
        python3-venv) "${PYTHON:-python3}" -c 'import ensurepip' 2>/dev/null ;;
        make | chromium) command -v "$1" >/dev/null ;;
        nodejs) command -v node >/dev/null ;;
        *) echo "system-packages.sh does not know '$1'" >&2; exit 2 ;;
    esac
}

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    else
        sudo -n "$@"
    fi
}

can_install() {
    command -v apt-get >/dev/null && { [ "$(id -u)" = 0 ] || sudo -n true 2>/dev/null; }
}

install() {
    # Debian would create and start a cluster of its own; only the programs are wanted here.
    if [ "$1" = postgresql ] && [ ! -e /etc/postgresql-common/createcluster.conf ]; then
        as_root mkdir -p /etc/postgresql-common
        echo 'create_main_cluster = false' | as_root tee /etc/postgresql-common/createcluster.conf >/dev/null
    fi
    as_root apt-get -qq update
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq install --yes --no-install-recommends \
        -o Dpkg::Options::=--force-confold "$1" >/dev/null
}

for package in "$@"; do
    if present "$package"; then
        continue
    fi
    if ! can_install; then
        echo "'$package' is missing and cannot be installed from here (no apt-get, or neither root nor sudo" \
            "without a password). Install it with your system's package manager." >&2
        exit 1
    fi
    echo "Installing $package ..."
    install "$package"
done
