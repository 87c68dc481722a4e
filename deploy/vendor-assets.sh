#!/usr/bin/env bash
# Fetch what pages load from others into expertpool/web/static/vendor: pinned, checked, with its licence.
#
#   deploy/vendor-assets.sh          fetch again and stop at the first file that is not the one that was reviewed
#
# To take a new version: change version and hash here, run this, look at every page, commit both. Needs npm.
set -euo pipefail
cd "$(dirname "$0")/.."

VENDOR=expertpool/web/static/vendor
WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT

# package version file-in-package sha256
ASSETS="
@tabler/core 1.6.1 dist/css/tabler.min.css 09c0ad77d135f90fd8cbc583824b2fdbd247adbc001234d27a36f284bfecab5e
htmx.org 4.0.1 dist/htmx.min.js a0abb04f2f45a1f89d1d4844023245537e5e6014c87b144553e0607b4cc32130
"

echo "$ASSETS" | while read -r package version file hash; do
    [ -n "$package" ] || continue
    name=${package#@}
    name=${name%%[/.]*}
    archive=$(cd "$WORK" && npm pack --silent "$package@$version")
    mkdir -p "$WORK/$name" "$VENDOR/$name"
    tar -xzf "$WORK/$archive" -C "$WORK/$name" --strip-components=1
    # A source map is for debugging and is not served; what would ask for it is cut off.
    sed '/^\/[*\/]# sourceMappingURL=/d' "$WORK/$name/$file" >"$WORK/checked"
    echo "$hash  $WORK/checked" | sha256sum --check --status || {
        echo "$package@$version: $file is not the file that was reviewed ($(sha256sum <"$WORK/checked"))" >&2
        exit 1
    }
    cp "$WORK/checked" "$VENDOR/$name/$(basename "$file")"
    [ ! -e "$WORK/$name/LICENSE" ] || cp "$WORK/$name/LICENSE" "$VENDOR/$name/LICENSE"
done
echo "$VENDOR is as it was reviewed."
