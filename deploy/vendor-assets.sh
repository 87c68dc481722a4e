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
echarts 6.1.0 dist/echarts.simple.min.js 5eef51bee09fb9cc234c4179a58ae0150126f49f88c992efe2d6bca81d8dd03b
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
    for beside in LICENSE NOTICE; do
        [ ! -e "$WORK/$name/$beside" ] || cp "$WORK/$name/$beside" "$VENDOR/$name/$beside"
    done
done

# The replayer's curves and hashes: modules of two packages word for word, in one classic script, so that the page also
# works from a file. What `require` names is looked up among them.
REPLAYER=expertpool/audit/replayer
NOBLE_HASH=1efaed4cbf299e58dc10d03c3e21afa8090eb28c4ac70b1d84e2f2260596e753
MODULES="hashes/crypto hashes/utils hashes/_md hashes/_u64 hashes/sha2 hashes/hmac curves/utils curves/abstract/modular
curves/abstract/curve curves/abstract/edwards curves/abstract/hash-to-curve curves/abstract/montgomery
curves/abstract/tower curves/abstract/weierstrass curves/abstract/bls curves/ed25519 curves/bls12-381"

for package in curves@1.9.7 hashes@1.8.0; do
    archive=$(cd "$WORK" && npm pack --silent "@noble/$package")
    mkdir -p "$WORK/noble/${package%@*}"
    tar -xzf "$WORK/$archive" -C "$WORK/noble/${package%@*}" --strip-components=1
done
{
    echo '// @noble/curves 1.9.7 and @noble/hashes 1.8.0 (MIT, see noble.LICENSE), joined by deploy/vendor-assets.sh.'
    echo '(() => {'
    echo 'const modules = {};'
    echo 'const found = (from, name) => name.startsWith(".")'
    echo '  ? new URL(name, "noble:/" + from).pathname.slice(1) : name.replace("@noble/", "");'
    echo 'const define = (name, body) => {'
    echo '  modules[name] = {};'
    echo '  body((other) => modules[found(name, other).replace(/\.js$/, "")], modules[name]);'
    echo '};'
    for module in $MODULES; do
        echo "define(\"$module\", (require, exports) => {"
        sed '/^\/[*\/]# sourceMappingURL=/d' "$WORK/noble/$module.js"
        echo '});'
    done
    echo 'globalThis.noble = { ...modules["hashes/sha2"], ...modules["hashes/hmac"],'
    echo '  ed25519: modules["curves/ed25519"].ed25519, bls12_381: modules["curves/bls12-381"].bls12_381 };'
    echo '})();'
} >"$WORK/noble.js"
echo "$NOBLE_HASH  $WORK/noble.js" | sha256sum --check --status || {
    echo "noble.js is not the file that was reviewed ($(sha256sum <"$WORK/noble.js"))" >&2
    exit 1
}
cp "$WORK/noble.js" "$REPLAYER/noble.js"
cp "$WORK/noble/curves/LICENSE" "$REPLAYER/noble.LICENSE"
echo "$VENDOR and $REPLAYER/noble.js are as they were reviewed."
