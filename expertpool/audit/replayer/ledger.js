// Entries, the tree, signed notes and whom to trust: docs/spec/ledger.md, sections 2 to 6.
"use strict";
(() => {
  const { must, utf8, fromUtf8, hex, isHex, fromBase64, join, equal, sha256, parse } = replayer;

  const leafHash = (entry) => sha256(join(Uint8Array.of(0), entry));
  const nodeHash = (left, right) => sha256(join(Uint8Array.of(1), left, right));

  // -- entries

  const TIME = /^(\d{4})-(\d{2})-(\d{2})T([01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{6}Z$/;

  /** An existing day of the years 1 to 9999, in the one spelling. */
  function isTime(text) {
    const parts = typeof text === "string" ? TIME.exec(text) : null;
    if (!parts || parts[1] === "0000") return false;
    const [year, month, day] = parts.slice(1, 4).map(Number);
    const date = new Date(0);
    date.setUTCFullYear(year, month - 1, day);
    return date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  }

  /** Microseconds since 1970 of a time in that spelling. */
  const microseconds = (text) => BigInt(Date.parse(`${text.slice(0, 19)}Z`)) * 1000n + BigInt(text.slice(20, 26));

  /** An entry from its bytes, with its leaf hash. */
  function readEntry(bytes) {
    must(bytes.length >= 1 && bytes.length <= 65535, "账本条目的长度不对。", "An entry's length is out of bounds.");
    const value = parse(bytes, "entry");
    const names = ["actor", "body", "index", "kind", "prev", "time"];
    must(
      isObject(value) && Object.keys(value).sort().join() === names.join() &&
        typeof value.actor === "string" && /^[!#-[\]-~]{1,128}$/.test(value.actor) && isObject(value.body) &&
        isCount(value.index) && typeof value.kind === "string" && value.kind.length <= 128 &&
        /^[a-z][a-z0-9-]*(\.[a-z][a-z0-9-]*)+$/.test(value.kind) && isHex(value.prev, 32) && isTime(value.time) &&
        (value.index !== 0 || value.prev === "0".repeat(64)),
      "账本条目不符合规范。", "An entry does not follow the specification.");
    return { ...value, hash: leafHash(bytes), moment: microseconds(value.time) };
  }

  const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
  const isCount = (value) => Number.isSafeInteger(value) && value >= 0;

  // -- the tree

  /** Whether `proof` leads from a leaf to the root of the tree of `size` (RFC 9162, section 2.1.3.2). */
  function included(leaf, index, size, proof, root) {
    if (index >= size) return false;
    let fn = BigInt(index);
    let sn = BigInt(size) - 1n;
    let hash = leaf;
    for (const sibling of proof) {
      if (sn === 0n) return false;
      if (fn & 1n || fn === sn) {
        hash = nodeHash(sibling, hash);
        while (!(fn & 1n) && fn !== 0n) {
          fn >>= 1n;
          sn >>= 1n;
        }
      } else {
        hash = nodeHash(hash, sibling);
      }
      fn >>= 1n;
      sn >>= 1n;
    }
    return sn === 0n && equal(hash, root);
  }

  /** The Merkle tree hash over entries of one length, level by level from the leaves: each level is one byte string. */
  function treeRoot(data, length) {
    if (data.length === 0) return sha256(new Uint8Array());
    let level = hashEach(0, data, length);
    while (level.length > 32) level = hashEach(1, level, 64);
    return level;
  }

  /** Hashes of `prefix || part` for each part of `size` bytes; a single hash that is left over is carried up. */
  function hashEach(prefix, data, size) {
    const hashes = new Uint8Array(32 * Math.ceil(data.length / size));
    const [begun, working] = [sha256.create().update(Uint8Array.of(prefix)), sha256.create()];
    for (let at = 0, to = 0; at < data.length; at += size, to += 32) {
      const part = data.subarray(at, at + size);
      if (part.length < size) hashes.set(part, to);
      else begun._cloneInto(working).update(part).digestInto(hashes.subarray(to, to + 32));
    }
    return hashes;
  }

  // -- signed notes

  const LOG_KEY = 1;
  const WITNESS_KEY = 4;
  const NAME = /^[^\s+\u001c-\u001f\u0085]+$/u;

  /** A verifier key: NAME+hex(key id)+base64(type || public key). */
  function readKey(text) {
    const [name, id, ...rest] = text.split("+");
    const key = fromBase64(rest.join("+"));
    must(name && NAME.test(name) && isHex(id, 4) && key && key.length === 33 && [LOG_KEY, WITNESS_KEY].includes(key[0]),
      "不是验证密钥。", "This is no verifier key.");
    const expected = hex(sha256(join(utf8(`${name}\n`), key)).subarray(0, 4));
    must(id === expected, "验证密钥的编号与密钥不符。", "The verifier key's id is not that of the key.");
    return { name, id, type: key[0], public: key.subarray(1) };
  }

  /** A note: its text, and its signature lines. */
  function readNote(bytes) {
    const wrong = (holds) => must(holds, "检查点不是签名文本。", "The checkpoint is no signed note.");
    let whole = "";
    wrong(bytes.length <= 1_000_000);
    try {
      whole = fromUtf8(bytes);
    } catch {
      wrong(false);
    }
    const split = whole.lastIndexOf("\n\n");
    wrong(split >= 0 && whole.endsWith("\n"));
    const text = whole.slice(0, split + 1);
    // eslint-disable-next-line no-control-regex
    wrong(!/[\x00-\x09\x0b-\x1f]/.test(whole));
    const lines = whole.slice(split + 2, -1).split("\n").map((line) => {
      const [dash, name, encoded, ...more] = line.split(" ");
      const signature = encoded === undefined ? null : fromBase64(encoded);
      wrong(dash === "—" && more.length === 0 && NAME.test(name) && signature && signature.length >= 5);
      return { name, id: hex(signature.subarray(0, 4)), signature: signature.subarray(4) };
    });
    wrong(lines.length >= 1 && lines.length <= 100);
    return { text, lines };
  }

  /** A checkpoint: origin, size and root, from a note's bytes. */
  function readCheckpoint(bytes) {
    const note = readNote(bytes);
    const [origin, size, root, ...rest] = note.text.slice(0, -1).split("\n");
    const hash = root === undefined ? null : fromBase64(root);
    must(origin !== "" && /^(0|[1-9]\d{0,18})$/.test(size ?? "") && BigInt(size) < 1n << 63n && hash?.length === 32 &&
      rest.every((line) => line !== ""), "检查点不符合规范。", "The checkpoint does not follow the specification.");
    return { ...note, origin, size: BigInt(size), root: hash };
  }

  /** Whether a signature line by this key verifies. */
  function signed(key, note, line) {
    const { signature } = line;
    if (signature.length !== (key.type === LOG_KEY ? 64 : 72)) return false;
    if (key.type === LOG_KEY) return replayer.ed25519(key.public, utf8(note.text), signature);
    const time = new DataView(signature.buffer, signature.byteOffset).getBigUint64(0);
    if (time < 1n || time >= 1n << 63n) return false;
    const text = utf8(`cosignature/v1\ntime ${time}\n${note.text}`);
    return replayer.ed25519(key.public, text, signature.subarray(8));
  }

  /** What each of these keys says of a note: "signed", "invalid" or "absent". */
  function signatures(note, keys) {
    return keys.map((key) => {
      const lines = note.lines.filter((line) => line.name === key.name && line.id === key.id);
      if (lines.length === 0) return "absent";
      return lines.every((line) => signed(key, note, line)) ? "signed" : "invalid";
    });
  }

  // -- the policy

  /** Whom the verifier trusts (C2SP tlog-policy). */
  function readPolicy(text) {
    const wrong = (holds, line) => must(holds, `信任策略第 ${line} 行有误。`, `Line ${line} of the policy is wrong.`);
    const policy = { logs: [], witnesses: new Map(), groups: new Map(), quorum: undefined };
    const free = new Set();
    const taken = new Set(["none"]);
    const add = (name, line) => {
      wrong(!taken.has(name), line);
      taken.add(name);
      free.add(name);
    };
    text.split("\n").forEach((whole, place) => {
      const line = place + 1;
      // eslint-disable-next-line no-control-regex
      wrong(!/[\x00-\x08\x0b-\x1f\x7f]/.test(whole), line);
      const words = whole.split(/[ \t]+/).filter((word) => word !== "");
      if (words.length === 0 || words[0].startsWith("#")) return;
      const [verb, first, second, ...more] = words;
      if (verb === "log") {
        wrong(words.length === 2 || words.length === 3, line);
        const key = readKey(first);
        wrong(key.type === LOG_KEY && policy.logs.every((other) => !equal(other.public, key.public)), line);
        policy.logs.push(key);
      } else if (verb === "witness") {
        wrong(words.length === 3 || words.length === 4, line);
        const key = readKey(second);
        const others = [...policy.witnesses.values()];
        wrong(key.type === WITNESS_KEY && others.every((other) => !equal(other.public, key.public)), line);
        add(first, line);
        policy.witnesses.set(first, key);
      } else if (verb === "group") {
        wrong(more.length > 0 && more.every((name) => free.delete(name)), line);
        const threshold = { all: more.length, any: 1 }[second] ?? (/^[1-9]\d*$/.test(second) ? Number(second) : 0);
        wrong(threshold >= 1 && threshold <= more.length, line);
        add(first, line);
        policy.groups.set(first, { threshold, members: more });
      } else {
        wrong(verb === "quorum" && words.length === 2 && policy.quorum === undefined, line);
        wrong(first === "none" || (taken.has(first) && first !== "none"), line);
        policy.quorum = first;
      }
    });
    must(policy.quorum !== undefined, "信任策略没有 quorum 行。", "The policy has no quorum line.");
    must(policy.logs.length > 0, "信任策略没有 log 行。", "The policy has no log line.");
    return policy;
  }

  /** Whether these witnesses (by name) meet the quorum. */
  function quorumMet(policy, cosigned) {
    const counts = (name) => {
      if (name === "none") return true;
      if (policy.witnesses.has(name)) return cosigned.has(name);
      const group = policy.groups.get(name);
      return group.members.filter(counts).length >= group.threshold;
    };
    return counts(policy.quorum);
  }

  Object.assign(replayer, {
    leafHash, treeRoot, included, isTime, isObject, isCount, microseconds, readEntry, readKey, readCheckpoint,
    signatures, readPolicy, quorumMet,
  });
})();
