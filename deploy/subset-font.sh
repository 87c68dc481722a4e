#!/usr/bin/env bash
# Make the font of printed sheets and records, expertpool/web/fonts: Noto Sans SC cut down to GB 2312, Latin and punctuation.
#
#   deploy/subset-font.sh          make it again and stop if it is not the file that was reviewed
#
# To take a new version: change versions and hash here, run this, look at a record, commit. Needs npm and Python.
set -euo pipefail
cd "$(dirname "$0")/.."

PACKAGE=@expo-google-fonts/noto-sans-sc@0.4.3
FONTTOOLS=fonttools==4.61.0
HASH=b3993ffd4c0b7205eae18e40cb5f9af4b1523e80af87685b0fdce74e89d2b29b
TARGET=expertpool/web/fonts
WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT

archive=$(cd "$WORK" && npm pack --silent "$PACKAGE")
tar -xzf "$WORK/$archive" -C "$WORK" --strip-components=1
"${PYTHON:-python3}" -m venv "$WORK/venv"
"$WORK/venv/bin/pip" install --quiet --disable-pip-version-check --no-deps "$FONTTOOLS"
"$WORK/venv/bin/python" - >"$WORK/characters" <<'PYTHON'
own = range(0x20, 0x7F), range(0xA0, 0x180), range(0x2010, 0x2040), range(0x2190, 0x2194), range(0x25A0, 0x25D0)
found = {chr(code) for codes in own for code in codes} | set("✓✕〓")
for row in range(0xA1, 0xF8):
    for cell in range(0xA1, 0xFF):
        found |= set(bytes([row, cell]).decode("gb2312", "ignore"))
print("".join(sorted(found)))
PYTHON
SOURCE_DATE_EPOCH=0 "$WORK/venv/bin/pyftsubset" "$WORK/400Regular/NotoSansSC_400Regular.ttf" \
    --text-file="$WORK/characters" --output-file="$WORK/font.ttf" --layout-features= --no-hinting --notdef-outline \
    --name-IDs=0,1,2,3,4,5,6,13,14 --no-recalc-timestamp --drop-tables+=DSIG,BASE,vhea,vmtx,VORG
echo "$HASH  $WORK/font.ttf" | sha256sum --check --status || {
    echo "This is not the font that was reviewed ($(sha256sum <"$WORK/font.ttf"), $(stat -c %s "$WORK/font.ttf") bytes)" >&2
    exit 1
}
cp "$WORK/font.ttf" "$TARGET/NotoSansSC.ttf"
cp "$WORK/LICENSE_FONT" "$TARGET/OFL.txt"
echo "$TARGET is as it was reviewed."
