// The file of a bundle: a ZIP archive in one form (docs/spec/bundle.md, section 1).
"use strict";
(() => {
  const { must, utf8, fromUtf8, join, equal } = replayer;
  const MIB = 2 ** 20;
  const MOST_ROWS = 4_000_000;
  const ROW = 68;

  /** The members in their order, and the most bytes that each may have. */
  const LIMITS = {
    "bundle.json": 4096,
    checkpoint: 1_000_000,
    "entries.json": 64 * MIB,
    "openings.json": 64 * MIB,
    "table.bin": MOST_ROWS * ROW,
    "audit.json": 16 * MIB,
    "rulebook.json": 16 * MIB,
    "decisions.jsonl": 4096 * MIB,
    "roster.jsonl": 4096 * MIB,
  };
  const NAMES = Object.keys(LIMITS);
  const MEMBERS = { public: NAMES.slice(0, 5), audit: NAMES };

  const LOCAL = 0x04034b50;
  const CENTRAL = 0x02014b50;
  const END = 0x06054b50;

  const CRC = Uint32Array.from({ length: 256 }, (_, byte) => {
    let sum = byte;
    for (let bit = 0; bit < 8; bit++) sum = sum & 1 ? (sum >>> 1) ^ 0xedb88320 : sum >>> 1;
    return sum;
  });

  function crc32(bytes) {
    let sum = 0xffffffff;
    for (let at = 0; at < bytes.length; at++) sum = (sum >>> 8) ^ CRC[(sum ^ bytes[at]) & 255];
    return (sum ^ 0xffffffff) >>> 0;
  }

  /** Little-endian numbers: [bytes of each, value] pairs. */
  function fields(...pairs) {
    const bytes = [];
    for (const [length, value] of pairs) {
      for (let at = 0; at < length; at++) bytes.push(Math.floor(value / 256 ** at) % 256);
    }
    return Uint8Array.from(bytes);
  }

  /** What both headers of a member say alike. */
  const common = (name, data) => [
    [2, 20], [2, 0x0800], [2, 0], [2, 0], [2, 0x21],
    [4, crc32(data)], [4, data.length], [4, data.length], [2, name.length], [2, 0],
  ];

  /** The one archive with these members, in this order. */
  function write(members) {
    const parts = [];
    const central = [];
    let at = 0;
    for (const [text, data] of members) {
      const name = utf8(text);
      const shared = common(name, data);
      parts.push(fields([4, LOCAL], ...shared), name, data);
      central.push(fields([4, CENTRAL], [2, 20], ...shared, [2, 0], [2, 0], [2, 0], [4, 0], [4, at]), name);
      at += 30 + name.length + data.length;
    }
    const directory = join(...central);
    const count = members.length;
    return join(...parts, directory,
      fields([4, END], [2, 0], [2, 0], [2, count], [2, count], [4, directory.length], [4, at], [2, 0]));
  }

  /** The members by name. Equal contents are equal bytes, so writing them again gives the file back. */
  function readArchive(file) {
    const whole = (holds) => must(holds, "不是证明包：文件不是规范规定的 ZIP 形式。",
      "This is no bundle: the file is not a ZIP of the one form that the specification allows.");
    const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
    const members = [];
    let at = 0;
    while (at + 30 <= file.length && view.getUint32(at, true) === LOCAL) {
      const start = at + 30 + view.getUint16(at + 26, true);
      const end = start + view.getUint32(at + 18, true);
      whole(end <= file.length);
      let name;
      try {
        name = fromUtf8(file.subarray(at + 30, start));
      } catch {
        whole(false);
      }
      members.push([name, file.subarray(start, end)]);
      at = end;
    }
    const names = members.map(([name]) => name);
    const known = NAMES.filter((name) => names.includes(name));
    whole(names.length === known.length && names.every((name, place) => name === known[place]));
    whole(members.every(([name, data]) => data.length <= LIMITS[name]));
    whole(equal(write(members), file));
    return new Map(members);
  }

  Object.assign(replayer, { ROW, MEMBERS, readArchive, writeArchive: write });
})();
