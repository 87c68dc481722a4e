#!/usr/bin/env bash
# Bring .venv to what requirements/dev.lock says; returns at once when it is there already.
#
#   deploy/setup-venv.sh            uses $PYTHON, else python3, else the newest of python3.13 .. python3.11
#
# The environment keeps a copy of what it was built from, written last, so a set-up that was interrupted is taken up
# again. Packages are installed in place: the environment may be in use meanwhile.
set -euo pipefail
cd "$(dirname "$0")/.."

VENV=.venv
LOCK=requirements/dev.lock
BUILT_FROM=$VENV/built-from

recent_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

find_python() {
    local candidate
    for candidate in "${PYTHON:-python3}" python3.13 python3.12 python3.11; do
        if recent_enough "$candidate"; then
            echo "$candidate"
            return
        fi
    done
    echo "expertpool needs Python 3.11 or newer and found none (looked at '${PYTHON:-python3}' and python3.11 to" \
        "python3.13). Install one, or name it: make PYTHON=/path/to/python3.12 ..." >&2
    return 1
}

if recent_enough "$VENV/bin/python" && cat "$LOCK" pyproject.toml | cmp --quiet - "$BUILT_FROM" 2>/dev/null; then
    exit 0
fi

if ! recent_enough "$VENV/bin/python"; then
    python=$(find_python)
    if ! "$python" -c 'import ensurepip' 2>/dev/null; then
        bash deploy/system-packages.sh python3-venv
    fi
    "$python" -m venv --clear "$VENV"
fi

echo "Setting up $VENV ($("$VENV/bin/python" --version)) from $LOCK ..."
pip() { "$VENV/bin/python" -m pip --quiet --disable-pip-version-check --no-input "$@"; }
pip install --require-hashes -r "$LOCK"
pip install --no-deps --no-build-isolation -e .
cat "$LOCK" pyproject.toml >"$BUILT_FROM"
