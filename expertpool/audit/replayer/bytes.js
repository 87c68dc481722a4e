// Bytes, hashes and canonical JSON: docs/spec/draw.md, section 1, and ledger.md, section 1.
"use strict";
globalThis.replayer = {};

(() => {
  /** Something that does not follow the specification; `zh` and `en` say what to a person. */
  class Differs extends Error {
    constructor(zh, en) {
      super(en);
      Object.assign(this, { zh, en });
    }
  }

  /** Goes on only if `holds`. */
  function must(holds, zh, en) {
    if (!holds) throw new Differs(zh, en);
  }

  const utf8 = (text) => new TextEncoder().encode(text);
  const fromUtf8 = (bytes) => new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);

  const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  const fromHex = (text) => Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));
  const isHex = (text, length) =>
    typeof text === "string" && /^(?:[0-9a-f]{2})*$/.test(text) && (length === undefined || text.length === 2 * length);

  const binary = (bytes) => Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");

  /** Base64 with padding in its one spelling, or null. */
  function fromBase64(text) {
    if (typeof text !== "string" || !/^[A-Za-z0-9+/]*={0,2}$/.test(text) || text.length % 4) return null;
    const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
    return btoa(binary(bytes)) === text ? bytes : null;
  }

  function join(...parts) {
    const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
    let at = 0;
    for (const part of parts) {
      all.set(part, at);
      at += part.length;
    }
    return all;
  }

  function number(value, length) {
    const bytes = new Uint8Array(length);
    for (let rest = BigInt(value), at = length - 1; at >= 0; at--, rest >>= 8n) bytes[at] = Number(rest & 255n);
    return bytes;
  }
  const u8 = (value) => number(value, 1);
  const u32 = (value) => number(value, 4);
  const u64 = (value) => number(value, 8);
  const lp = (bytes) => join(u32(bytes.length), bytes);

  /** Below 0, 0 or above 0, byte by byte. */
  function compare(a, b) {
    const length = Math.min(a.length, b.length);
    for (let at = 0; at < length; at++) if (a[at] !== b[at]) return a[at] - b[at];
    return a.length - b.length;
  }
  const equal = (a, b) => compare(a, b) === 0;

  const { sha256, sha512 } = noble;
  const tagged = (name, ...parts) => sha256(join(utf8(`expertpool:draw/v1:${name}\0`), ...parts));
  const hmac = (key, ...parts) => noble.hmac(sha256, key, join(...parts));

  /** HKDF-Expand (RFC 5869) to 32 bytes or fewer: one block. */
  const expand = (key, info, length) => hmac(key, info, u8(1)).subarray(0, length);

  /** A value's canonical JSON; throws where it has none. */
  function canonical(value, depth = 1) {
    if (value === null || typeof value === "boolean") return String(value);
    if (typeof value === "number") {
      must(Number.isSafeInteger(value), "数值不是规范允许的整数。", "A number is not a permitted integer.");
      return String(value);
    }
    if (typeof value === "string") {
      must(!/\p{Surrogate}/u.test(value), "文字含有孤立的代理字符。", "A text has a lone surrogate.");
      return JSON.stringify(value);
    }
    must(depth <= 64, "结构嵌套超过 64 层。", "A structure nests more than 64 deep.");
    if (Array.isArray(value)) return `[${value.map((each) => canonical(each, depth + 1)).join(",")}]`;
    const names = Object.keys(value).sort();
    return `{${names.map((name) => `${canonical(name)}:${canonical(value[name], depth + 1)}`).join(",")}}`;
  }

  /** Parse canonical JSON: writing the value again gives the same text. */
  function parse(bytes, what) {
    let value, text;
    try {
      text = fromUtf8(bytes);
      value = JSON.parse(text);
    } catch {
      throw new Differs(`${what} 不是 JSON。`, `${what} is not JSON.`);
    }
    must(canonical(value) === text, `${what} 不是规范写法的 JSON。`, `${what} is not canonical JSON.`);
    return value;
  }

  Object.assign(replayer, {
    Differs, must, utf8, fromUtf8, hex, fromHex, isHex, fromBase64, join, u8, u32, u64, lp, compare, equal,
    sha256, sha512, tagged, hmac, expand, canonical, parse,
  });
})();
