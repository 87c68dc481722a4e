"""The library's own errors: every parser and check raises these and nothing else.

A text that a person may see is written down here once, in both languages; callers show ``error.text(lang)`` and never
``str`` of a foreign exception.
"""

from typing import Final, Literal

Lang = Literal["zh", "en"]


class LedgerError(Exception):
    """Something about a ledger is wrong; ``code`` is stable, ``params`` fill the text."""

    def __init__(self, code: str, **params: object) -> None:
        super().__init__(code, params)
        self.code = code
        self.params = params

    def text(self, lang: Lang) -> str:
        """What happened and what to do, in one line."""
        return message(self.code, lang, **self.params)

    def __str__(self) -> str:
        return f"{self.code}: {self.text('en')}"


class Malformed(LedgerError):
    """Bytes are not in the format that they claim to be in."""


class Refused(LedgerError):
    """Well-formed, but a proof, signature or condition does not hold."""


class Unreadable(LedgerError):
    """A file, archive or address cannot be read."""


def message(code: str, lang: Lang, **params: object) -> str:
    """Return the text of ``code``; raises KeyError for a code that has no text (a test walks them all)."""
    zh, en = MESSAGES[code]
    return (zh if lang == "zh" else en).format(**params)


MESSAGES: Final[dict[str, tuple[str, str]]] = {
    # canonical form and entries
    "json.not-utf8": ("不是 UTF-8 文本。", "the bytes are not UTF-8 text."),
    "json.invalid": ("不是有效的 JSON。", "not valid JSON."),
    "json.number": (
        "数字 {text} 不允许：账本只记整数，绝对值不超过 2^53-1。",
        "number {text} is not allowed: the ledger holds integers only, at most 2^53-1 in size.",
    ),
    "json.depth": ("JSON 嵌套过深。", "JSON is nested too deeply."),
    "json.value": ("值 {text} 不能写成规范 JSON。", "value {text} has no canonical JSON form."),
    "json.not-canonical": (
        "字节不是规范形式（RFC 8785）。",
        "the bytes are not in canonical form (RFC 8785).",
    ),
    "entry.fields": (
        "条目的字段应恰为 actor、body、index、kind、prev、time。",
        "an entry has exactly the fields actor, body, index, kind, prev, time.",
    ),
    "entry.field": ("条目字段 {field} 的值不合规定。", "entry field {field} has a value that is not allowed."),
    "entry.too-long": (
        "条目有 {size} 字节，上限为 65535。请把大的内容改为摘要。",
        "the entry has {size} bytes, the limit is 65535. Put a digest in place of the large part.",
    ),
    "entry.index": ("条目自称序号 {found}，应为 {expected}。", "the entry says index {found}, expected {expected}."),
    "entry.prev": (
        "条目中的前项哈希与前一条目不符（哈希链断开）。",
        "prev is not the hash of the entry before (the hash chain is broken).",
    ),
    # disclosures
    "disclosure.malformed": ("披露串格式有误。", "the disclosure string is malformed."),
    "disclosure.not-committed": (
        "该披露不在此条目的承诺之中：字段或值与当时登记的不同。",
        "this disclosure is not committed to by the entry: the field or value is not what was recorded.",
    ),
    "disclosure.salt": ("盐不足 128 位。", "the salt has fewer than 128 bits."),
    # tree
    "proof.index": ("序号 {index} 不在大小为 {size} 的树内。", "index {index} is not inside a tree of size {size}."),
    "proof.sizes": ("树的大小 {old} 大于 {new}。", "tree size {old} is larger than {new}."),
    "proof.from-empty": (
        "空树无须证明：任何树都是它的延续。",
        "nothing to prove from an empty tree: every tree extends it.",
    ),
    "proof.length": (
        "证明有 {found} 个哈希，应有 {expected} 个。",
        "the proof has {found} hashes, it should have {expected}.",
    ),
    "proof.hash": ("哈希应为 32 字节。", "a hash must be 32 bytes."),
    "proof.root": (
        "由证明算出的根与检查点的根不同。",
        "the root computed from the proof is not the checkpoint's root.",
    ),
    # notes, keys, checkpoints
    "note.malformed": ("签名文书（note）格式有误：{why}。", "malformed signed note: {why}."),
    "note.too-large": ("签名文书过大。", "the signed note is too large."),
    "note.no-known-signature": (
        "没有任何已知密钥的签名。请核对所给的验证密钥。",
        "no signature by a known key. Check the verifier key you gave.",
    ),
    "note.bad-signature": ("密钥 {name} 的签名无效。", "the signature by {name} is invalid."),
    "key.malformed": ("密钥串格式有误：{why}。", "malformed key string: {why}."),
    "key.algorithm": ("不支持的密钥算法 {alg}。", "key algorithm {alg} is not supported."),
    "key.no-signing": (
        "此环境没有 cryptography 库，不能签名（只能验证）。",
        "this Python has no cryptography library: it can verify, not sign.",
    ),
    "checkpoint.malformed": ("检查点格式有误：{why}。", "malformed checkpoint: {why}."),
    "checkpoint.origin": (
        "检查点属于 {found}，应属于 {expected}。",
        "the checkpoint is of {found}, expected {expected}.",
    ),
    "cosignature.malformed": ("共签格式有误。", "malformed cosignature."),
    # tiles, receipts, policies
    "tile.path": ("不是有效的瓦片路径：{path}。", "not a valid tile path: {path}."),
    "tile.length": ("瓦片 {path} 的长度不对。", "tile {path} has the wrong length."),
    "bundle.malformed": ("条目包 {path} 损坏或被截断。", "entry bundle {path} is damaged or cut off."),
    "receipt.malformed": ("回执格式有误：{why}。", "malformed receipt: {why}."),
    "policy.malformed": ("策略第 {line} 行有误：{why}。", "policy line {line}: {why}."),
    "policy.log": (
        "检查点不是由策略所列账本密钥签署的。",
        "the checkpoint is not signed by a log key of the policy.",
    ),
    "policy.quorum": (
        "共签方未达法定数：有效共签为 {have}。",
        "no quorum of cosigners: valid cosignatures are {have}.",
    ),
    # stores and sources
    "store.missing": ("缺少 {path}。", "{path} is missing."),
    "store.exists": ("{path} 已有账本。", "{path} already holds a ledger."),
    "store.damaged": ("存储 {path} 损坏：{why}。", "the store {path} is damaged: {why}."),
    "source.not-found": (
        "找不到 {path}。请给出账本的目录、zip 文件或网址。",
        "{path} does not exist. Give the ledger's directory, zip file or address.",
    ),
    "source.not-a-ledger": (
        "{path} 不是账本：其中没有 checkpoint 文件。请给出含 checkpoint 和 tile/ 的目录、zip 或网址。",
        "{path} is not a ledger: no checkpoint file. Give a directory, zip or address with checkpoint and tile/.",
    ),
    "source.bad-zip": (
        "{path} 不是完整的 zip 文件（可能下载未完成）。请重新取得。",
        "{path} is not a whole zip file (perhaps the download was cut off). Fetch it again.",
    ),
    "source.unreadable": (
        "无法读取 {path}：{why}。请检查权限或网络后重试。",
        "cannot read {path}: {why}. Check permissions or the network and try again.",
    ),
}
