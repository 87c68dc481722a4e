"""What the public read path has not."""

from expertpool.core.errors import NotFound


class NoCheckpoint(NotFound):
    code = "ledger.no-checkpoint"
    zh = "账本还没有签署过检查点，请稍后再来。"
    en = "No checkpoint has been signed yet; come back shortly."


class NotInLedger(NotFound):
    code = "ledger.not-covered"
    zh = "最近的检查点（{size} 条）没有覆盖所请求的内容。刚登记的条目片刻后即可取得。"
    en = "The latest checkpoint ({size} entries) does not cover this. What was just recorded can be fetched shortly."
    size: int


class NoSuchTile(NotFound):
    code = "ledger.no-such-tile"
    zh = "这不是瓦片地址，格式见 C2SP tlog-tiles。"
    en = "This is no address of a tile; see C2SP tlog-tiles for their form."


class NoSuchPlace(NotFound):
    code = "ledger.no-such-place"
    zh = "账本现有 {size} 条，没有这一页。请从最新的条目开始看。"
    en = "The ledger has {size} entries and no such page; begin with the newest."
    size: int


class NoSuchDraw(NotFound):
    code = "ledger.no-such-draw"
    zh = "账本中没有这次抽取。请核对编号；刚提交的申请片刻后即可看到。"
    en = "The ledger has no such draw. Check its identifier; what was just submitted can be seen shortly."


class NotProvenYet(NotFound):
    code = "ledger.not-proven-yet"
    zh = "共签达到法定数的检查点还没有覆盖这一条，请稍后再取证明。"
    en = "No checkpoint that a quorum cosigned covers this entry yet; come back for its proof shortly."


class NoBundle(NotFound):
    code = "ledger.no-bundle"
    zh = "这次抽取还没有公开证明包。抽取归档后由中心导出并公布。"
    en = "This draw has no public bundle yet. The centre exports it after the draw is closed."


class BundleUnusable(NotFound):
    code = "ledger.bundle-unusable"
    zh = "中心放置的文件不是这次抽取的公开证明包，已拒绝提供。请告知中心。"
    en = "The file that the centre laid out is not this draw's public bundle and is not handed out. Tell the centre."


class NoPolicy(NotFound):
    code = "ledger.no-policy"
    zh = "本系统还没有共签方规则。请向您信任的共签方索取其公钥。"
    en = "This installation has no witness policy yet. Ask the cosigners whom you trust for their keys."
