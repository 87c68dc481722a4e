"""Every text that the library has for people, by its stable code, in both languages: (Chinese, English)."""

from typing import Final

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
        "哈希链在条目 {before} 与 {index} 之间断开：条目 {index} 所记的前项哈希不是条目 {before} 的哈希。",
        "the hash chain is broken between entries {before} and {index}: prev of {index} is not the hash of {before}.",
    ),
    "entry.first": (
        "首条的前项哈希应为 64 个 0：它之前的条目被删去了。",
        "prev of the first entry should be 64 zeros: what came before it was removed.",
    ),
    # disclosures
    "disclosure.malformed": ("披露串格式有误。", "the disclosure string is malformed."),
    "disclosure.not-committed": (
        "该披露不在此条目的承诺之中：字段或值与当时登记的不同。",
        "this disclosure is not committed to by the entry: the field or value is not what was recorded.",
    ),
    "disclosure.name": (
        "字段名 {name} 不能隐藏：它是保留名，或已在明文中。请改用别的字段名。",
        "a field named {name} cannot be hidden: the name is reserved, or shown in the clear. Use another name.",
    ),
    "disclosure.salt": ("盐不足 128 位。", "the salt has fewer than 128 bits."),
    # what a verification finds
    "verify.leaf": (
        "条目 {index} 的哈希与瓦片 {path} 所记不同：条目或瓦片被改动过。",
        "entry {index} does not have the hash that {path} holds: the entry or that file was changed.",
    ),
    "verify.missing": (
        "缺少文件 {path}（条目 {index} 起）。",
        "the file {path} is missing (entries from {index} on).",
    ),
    "verify.tile": (
        "瓦片 {path} 与由条目算出的哈希不同。",
        "{path} does not hold the hashes that the entries have.",
    ),
    "verify.root": (
        "由 {size} 个条目算出的根哈希与检查点签署的不同：账本在签署之后被改写过，或检查点不属于它。",
        "the root hash of the {size} entries is not the checkpoint's: they were changed after it was signed.",
    ),
    "verify.known": (
        "与已知检查点 {place} 不一致：它签署之后，前 {size} 个条目中有改动。",
        "contradicts the known checkpoint {place}: one of the first {size} entries was changed after it was signed.",
    ),
    "verify.shorter": (
        "账本只有 {size} 个条目，而已知检查点 {place} 有 {known} 个：尾部被截去，或账本被恢复到了过去。",
        "the log has {size} entries, the known checkpoint {place} has {known}: it was cut short or rolled back.",
    ),
    "verify.known-foreign": (
        "已知检查点 {place} 不是本账本的，或不是由策略所列密钥签署的。请核对文件。",
        "the known checkpoint {place} is of another log, or not signed by a key of the policy. Check the file.",
    ),
    "verify.processes": (
        "用 {jobs} 个进程核验未能进行（进程无法启动或被系统终止）。请用 --jobs 1 重试。",
        "checking with {jobs} processes failed: one could not start or was killed. Try again with --jobs 1.",
    ),
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
    "note.malformed": (
        "签名文书（note）格式有误：{why}。文件可能不完整或拿错了，请重新取得。",
        "malformed signed note: {why}. It may be cut off, or another file: fetch it again.",
    ),
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
    "checkpoint.malformed": (
        "检查点格式有误：{why}。文件可能拿错了，请重新取得。",
        "malformed checkpoint: {why}. It may be another file: fetch it again.",
    ),
    "checkpoint.origin": (
        "检查点属于 {found}，应属于 {expected}。",
        "the checkpoint is of {found}, expected {expected}.",
    ),
    "cosignature.malformed": ("共签格式有误。", "malformed cosignature."),
    # tiles, receipts, policies
    "tile.path": ("不是有效的瓦片路径：{path}。", "not a valid tile path: {path}."),
    "tile.length": ("瓦片 {path} 的长度不对。", "tile {path} has the wrong length."),
    "bundle.malformed": ("条目包 {path} 损坏或被截断。", "entry bundle {path} is damaged or cut off."),
    "receipt.malformed": (
        "回执格式有误：{why}。文件可能不完整或拿错了，请重新取得。",
        "malformed receipt: {why}. It may be cut off, or another file: fetch it again.",
    ),
    "decimal.malformed": (
        "应为十进制整数：不带符号和前导零，不超过 2^63-1。",
        "expected a decimal number without sign or leading zeros, at most 2^63-1.",
    ),
    "policy.malformed": ("策略第 {line} 行有误：{why}。", "policy line {line}: {why}."),
    "policy.log": (
        "检查点不是由策略所列账本密钥签署的。",
        "the checkpoint is not signed by a log key of the policy.",
    ),
    "policy.quorum": (
        "共签方未达法定数：有效共签为 {have}。",
        "no quorum of cosigners: valid cosignatures are {have}.",
    ),
    # what the command line tells of what it found in order
    "note.signed": ("签名有效：{names}。", "signed by {names}."),
    "key.made": (
        "签名私钥已写入 {path}，请勿外传。对应的验证密钥：",
        "The signer key is in {path}; keep it secret. Its verifier key:",
    ),
    "proof.proven": (
        "已证实：以下条目 {index} 在账本 {origin} 的 {size} 个条目之中。共签方：{names}。",
        "PROVEN: entry {index}, as below, is among the {size} entries of {origin}. Cosigners: {names}.",
    ),
    "receipt.made": ("回执已写入 {path}。", "The receipt is in {path}."),
    "consistency.proven": (
        "已证实：{new} 个条目的检查点延续了 {old} 个条目的检查点，其间无一被改动。",
        "PROVEN: the checkpoint of {new} entries extends the one of {old}; none of those was changed.",
    ),
    "consistency.unsigned": (
        "未能证实：两个检查点前后一致（{old} → {new}），但未核对签名。请用 --policy 给出您信任的账本密钥和共签方。",
        "NOT PROVEN: {old} -> {new} is consistent, but no signature was checked. Name whom you trust with --policy.",
    ),
    "disclosure.committed": (
        "该字段确在条目 {index} 的承诺之中，与当时登记的相同：",
        "Entry {index} commits to this field; it is what was recorded:",
    ),
    # a copy that follows a log
    "mirror.copied": (
        "{path} 现有账本 {origin} 的 {size} 个条目（此前 {before} 个），共签方：{names}。全面核验：ledger verify。",
        "{path} holds {size} entries of {origin}, {before} before. Cosigners: {names}. Check all with: ledger verify.",
    ),
    "mirror.unproven": (
        "{path} 现有账本 {origin} 的 {size} 个条目（此前 {before} 个），共签未达法定数，尚未证实。请稍后再运行。",
        "NOT PROVEN yet: {path} holds {size} entries of {origin}, {before} before; no quorum. Run it again later.",
    ),
    "mirror.root": (
        "取得的瓦片加不成检查点签署的 {size} 个条目的根：有文件被改动过。副本未动，请稍后重试。",
        "the tiles do not add up to the signed root of {size} entries: one was changed. Nothing was kept; try again.",
    ),
    "mirror.tile": (
        "{path} 与 {size} 个条目的检查点所签署的不同，未予保存。请重试，并用 ledger verify 核验副本。",
        "{path} is not what the checkpoint of {size} entries commits to. Try again; check the copy: ledger verify.",
    ),
    "mirror.set-back": (
        "账本被倒回：现为 {size} 个条目，曾签署 {known} 个。副本未动；若非缓存过期，请将 {evidence} 交监督部门。",
        "the log was set back: {size} entries now, {known} signed before. If no stale cache did it, show {evidence}.",
    ),
    "mirror.fork": (
        "账本分叉：现有的 {size} 个条目不是曾签署的 {known} 个的延续。副本未动；请将 {evidence} 与副本交监督部门。",
        "the log forked: its {size} entries do not continue the {known} signed before. Show the copy and {evidence}.",
    ),
    # stores and sources
    "store.missing": ("找不到 {path}。请核对文件名和位置。", "{path} is missing. Check its name and place."),
    "store.locked": (
        "{path} 正被另一个进程使用。请先停止那个进程。",
        "{path} is in use by another process. Stop that process first.",
    ),
    "store.file-exists": (
        "{path} 已存在，不会覆盖。请换一个文件名。",
        "{path} exists and is not overwritten. Choose another name.",
    ),
    "store.damaged": (
        "{path} 损坏：{why}。为免另起一段历史，不再写入；请从备份恢复整个目录。",
        "{path} is damaged: {why}. So as not to fork the log nothing is written; restore the directory from a copy.",
    ),
    "store.unwritable": (
        "无法写入 {path}：{why}。请检查权限与磁盘空间，或换一个位置。",
        "cannot write {path}: {why}. Check permissions and space on the disk, or choose another place.",
    ),
    "source.not-found": (
        "找不到 {path}。请给出账本的目录、zip 文件或网址。",
        "{path} does not exist. Give the ledger's directory, zip file or address.",
    ),
    "source.not-a-ledger": (
        "{path} 不是账本：其中没有 checkpoint 文件。请给出含 checkpoint 和 tile/ 的目录、zip 或网址。",
        "{path} is not a ledger: no checkpoint file. Give a directory, zip or address with checkpoint and tile/.",
    ),
    "source.bad-zip": (
        "{path} 不是完好的 zip 文件：或是别种文件，或下载未完成。请给出账本的目录或 zip。",
        "{path} is not a sound zip file: of another kind, or cut off. Give the ledger's directory or zip.",
    ),
    "source.too-large": (
        "{path} 超过账本文件可能的大小（16 MiB），不予读取。",
        "{path} is larger than any file of a ledger can be (16 MiB) and is not read.",
    ),
    "source.unreadable": (
        "无法读取 {path}：{why}。请检查权限或网络后重试。",
        "cannot read {path}: {why}. Check permissions or the network and try again.",
    ),
    # witness
    "witness.request": ("共签请求格式有误：{why}。", "malformed add-checkpoint request: {why}."),
    "witness.unknown-log": (
        "本共签方没有该账本已共签的检查点。账本须先由共签方登记（witness add-log）。",
        "no cosigned checkpoint of that log here. The witness's operator adds a log with: witness add-log.",
    ),
    "witness.conflict": (
        "最近共签的检查点大小为 {size}；请由此出具一致性证明。",
        "the last cosigned checkpoint has size {size}; prove consistency from there.",
    ),
    "witness.clock": (
        "时钟为 {now}，早于上次共签的时间 {last}。请校正时钟。",
        "the clock says {now}, before the last cosignature at {last}. Set the clock right.",
    ),
    "witness.write": (
        "无法写入 {path}：{why}。在写入成功之前不会共签。",
        "cannot write {path}: {why}. Nothing is cosigned until writing succeeds.",
    ),
    "witness.damaged": (
        "{path} 损坏：{why}。为免承认另一段历史，共签方不启动；请另建新的共签方（witness init），切勿恢复旧状态。",
        "{path} is damaged: {why}. Without its past no witness starts: make a new one (witness init), restore nothing.",
    ),
    "witness.lost": (
        "账本 {origin} 的状态 {path} 丢失。共签方不会从零开始；请另建新的共签方（witness init）。",
        "the state of {origin} ({path}) is lost. A witness never starts from nothing: make a new one (witness init).",
    ),
    "witness.not-initialised": (
        "{path} 中没有共签方。请先运行 witness init --dir {path} --name 名称。",
        "there is no witness in {path}. Run first: witness init --dir {path} --name NAME.",
    ),
    "witness.not-empty": ("{path} 不是空目录。请另选目录。", "{path} is not empty. Choose another directory."),
    "witness.platform": (
        "此系统没有共签方所需的文件锁。请在 Linux 或 macOS 上运行。",
        "this system lacks the file locks that a witness needs. Run it on Linux or macOS.",
    ),
    "witness.log-key": (
        "这不是账本的验证密钥（应为 Ed25519，类型 0x01）。",
        "this is not a log's verifier key (expected Ed25519, type 0x01).",
    ),
    "witness.listen": (
        "无法监听 {address}：{why}。请给出 主机:端口，例如 127.0.0.1:8080。",
        "cannot listen on {address}: {why}. Give HOST:PORT, for example 127.0.0.1:8080.",
    ),
    "witness.address": (
        "{url} 不是共签方网址。请给出 http:// 或 https:// 开头的网址。",
        "{url} is not a witness's address. Give one that starts with http:// or https://.",
    ),
    "witness.unreachable": (
        "无法连接共签方 {url}：{why}。稍后会再试；请检查网络与证书。",
        "cannot reach the witness {url}: {why}. Try again later; check the network and its certificate.",
    ),
    "witness.answer": ("共签方 {url} 的应答不合规范。", "the answer of the witness {url} is not in the protocol."),
    "witness.refused": (
        "共签方 {url} 拒绝共签（HTTP {status}）。请向其运营方查询原因。",
        "the witness {url} refused to cosign (HTTP {status}). Ask its operator why.",
    ),
    "witness.made": (
        "共签方已建立，密钥在 {path}，请勿外传。请将下一行加入信任策略：",
        "The witness is made; its key is {path}, keep it secret. Put the next line into trust policies:",
    ),
    "witness.added": (
        "已登记账本 {origin}。重新启动共签方后生效。",
        "The log {origin} is known from the next start of the witness.",
    ),
    "witness.serving": ("共签方 {name} 在 {url} 运行。", "Witness {name} serves at {url}."),
    "witness.row": ("{origin}：大小 {size}，共签于 {time}", "{origin}: size {size}, cosigned at {time}"),
    "witness.never": ("{origin}：尚未共签", "{origin}: never cosigned"),
}

# What fills {why}; the other params fill the reason itself.
REASONS: Final[dict[str, tuple[str, str]]] = {
    "not-utf8": ("不是 UTF-8 文本", "not UTF-8 text"),
    "too-large": ("过大", "too large"),
    "cut-off": ("内容没有传完", "it was cut off on the way"),
    "no-answer": ("没有得到有效的应答", "there was no valid answer"),
    "no-tail": ("文件缺失", "it is missing"),
    "bad-tail": ("内容有误", "its content is wrong"),
    "tail-behind": ("条目少于已发布的检查点", "it has fewer entries than the published checkpoint"),
    # notes and keys
    "no-signatures": ("没有签名部分", "no signature block"),
    "signature-line": ("有一行签名不合格式", "a signature line is malformed"),
    "note-text": ("正文含控制字符，或末尾没有换行", "the text has a control character, or no newline at its end"),
    "key-parts": ("应为 名称+编号+密钥", "expected name+id+key"),
    "key-name": ("密钥名称为空，或含空白或加号", "the key name is empty, or holds white space or a plus sign"),
    "key-encoding": ("编号或密钥的编码有误", "the id or the key is wrongly encoded"),
    "key-length": ("密钥长度不对", "the key has the wrong length"),
    "key-id": ("编号与密钥不符", "the id is not that of the key"),
    "not-a-signer-key": ("不是签名私钥（PRIVATE+KEY+…）", "not a signer key (PRIVATE+KEY+...)"),
    # checkpoints and receipts
    "checkpoint-lines": ("不足三行，或有空行", "fewer than three lines, or an empty one"),
    "root-hash": ("根哈希不是 32 字节的 base64", "the root hash is not base64 of 32 bytes"),
    "not-readable-back": ("写出后读不回原样", "it does not read back as itself"),
    "not-ascii": ("检查点之前含非 ASCII 字符", "there is something other than ASCII before the checkpoint"),
    "no-header": ("不是 tlog-proof 文件", "not a tlog-proof file"),
    "extra-line": ("extra 行有误", "the extra line is malformed"),
    "no-index": ("缺少 index 行", "there is no index line"),
    "proof-lines": ("证明行有误或过多", "a proof line is malformed, or there are too many"),
    # policies
    "control-character": ("含控制字符", "it holds a control character"),
    "unknown-keyword": ("不认识的关键字“{word}”", "unknown keyword “{word}”"),
    "log-line": ("应为 log <vkey> [<url>]", "expected: log <vkey> [<url>]"),
    "witness-line": ("应为 witness <名称> <vkey> [<url>]", "expected: witness <name> <vkey> [<url>]"),
    "group-line": ("应为 group <名称> all|any|<k> <名称>...", "expected: group <name> all|any|<k> <name>..."),
    "quorum-line": ("应恰有一行 quorum <名称>", "expected exactly one line: quorum <name>"),
    "no-quorum": ("到文件末尾仍没有 quorum 行", "the file ends without a quorum line"),
    "duplicate-key": ("此密钥已列出过", "this key is listed already"),
    "bad-key": ("密钥串格式有误", "the key string is malformed"),
    "wrong-kind": ("密钥种类不对", "the key is of the wrong kind"),
    "name-taken": ("名称“{name}”已被占用", "the name “{name}” is taken"),
    "undefined": ("“{name}”在此行之前没有定义", "“{name}” is not defined above"),
    "already-member": ("“{name}”已是某组的成员", "“{name}” is already a member of a group"),
    "threshold": (
        "门限应为 all、any 或 1 到成员数之间的数",
        "the threshold must be all, any, or a number from 1 to the number of members",
    ),
    # witness
    "no-old-line": ("缺少 old 行或检查点", "no line with the old size, or no checkpoint"),
    "not-cosigned": ("不是由本共签方共签的检查点", "not a checkpoint cosigned by this witness"),
    "list-line": ("第 {line} 行", "line {line}"),
    "timed-out": ("超时", "timed out"),
    "host-port": ("地址格式有误", "not a host and a port"),
}
