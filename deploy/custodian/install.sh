#!/bin/sh
# Install or upgrade a key holder's agent from the unpacked zip.
#
#   sudo ./install.sh             into /opt/expertpool-custodian, with its user and service where systemd is
#   ./install.sh FOLDER           into FOLDER only: no user, no service
#
# What the agent needs comes from the package index that pip is set to, or, without network, from a folder `wheels` in
# here (docs in INSTALL.md). Either way only files with the hashes of requirements.lock are installed.
set -eu
umask 022
here=$(cd "$(dirname "$0")" && pwd)
target=${1:-/opt/expertpool-custodian}

fail() {
    echo "$1" >&2
    exit 1
}

(cd "$here" && sha256sum --check --quiet SHA256SUMS) ||
    fail "安装包不完整或被改动，没有安装。 / The package is incomplete or was altered; nothing was installed."

find_python() {
    for candidate in "${PYTHON:-python3}" python3.13 python3.12 python3.11; do
        if "$candidate" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            echo "$candidate"
            return
        fi
    done
    return 1
}
python=$(find_python) ||
    fail "需要 Python 3.11 或更高版本，含 venv 模块。 / Python 3.11 or newer is needed, with its venv module."

"$python" -m venv "$target"
pip() { "$target/bin/python" -m pip --quiet --disable-pip-version-check --no-input "$@"; }
if [ -d "$here/wheels" ]; then
    pip install --no-index --find-links "$here/wheels" --require-hashes -r "$here/requirements.lock"
else
    pip install --require-hashes -r "$here/requirements.lock"
fi
pip install --no-index --no-deps --force-reinstall "$here"/expertpool_custodian-*.whl
"$target/bin/expertpool-custodian" --help >/dev/null

if [ $# -eq 0 ] && [ -d /run/systemd/system ]; then
    id expertpool-custodian >/dev/null 2>&1 ||
        useradd --system --home-dir /var/lib/expertpool-custodian --shell /usr/sbin/nologin expertpool-custodian
    install -d -m 0700 -o expertpool-custodian -g expertpool-custodian /var/lib/expertpool-custodian
    install -d -m 0700 /etc/expertpool-custodian
    [ -e /etc/expertpool-custodian/passphrase ] ||
        (umask 077 && head -c 32 /dev/urandom | base64 >/etc/expertpool-custodian/passphrase)
    install -m 0755 "$here/custodian.sh" /usr/local/sbin/custodian
    install -m 0644 "$here/expertpool-custodian.service" /etc/systemd/system/
    systemctl daemon-reload
fi
echo "已安装 / installed: $target/bin/expertpool-custodian"
