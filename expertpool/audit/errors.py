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
