"""What the evidence calls its cases, attacks and checks, in both languages. A test holds them against the data."""

from typing import Final, NamedTuple


class Said(NamedTuple):
    """A name in both languages."""

    zh: str
    en: str


CASES: Final = {
    "no constraint": Said("没有约束", "no constraint"),
    "one of an employer": Said("同一单位至多一人", "at most one of an employer"),
    "two of an employer": Said("同一单位至多两人", "at most two of an employer"),
    "overlapping lines": Said("一人可坐两类席位", "people who may sit for two specialties"),
    "two kinds on three lines": Said("三类席位、两种约束", "three specialties, two kinds of constraint"),
    "two employers each": Said("一人有两个单位", "people with two employers"),
    "a panel and two vacancies": Said("抽取后补抽两次，同一种子", "a panel and two vacancies, from one seed"),
    "mends, one of an employer": Said("遇冲突就顺延（同一单位至多一人）", "skips whoever clashes (one of an employer)"),
    "mends, overlapping lines": Said("遇冲突就顺延（一人可坐两类席位）", "skips whoever clashes (two specialties)"),
    "employers first": Said("先抽单位，再抽人", "draws an employer first, then a person"),
}
KINDS: Final = {
    "panel": Said("抽取", "panel"),
    "vacancy": Said("补抽", "vacancy"),
    "draw": Said("全程", "whole draw"),
    "unfair": Said("不公平的做法", "unfair"),
}
GUESSED: Final = {
    "committee": Said("谁在委员会里", "who is on the committee"),
    "seat": Said("谁坐哪个席位", "who has which seat"),
}
REPLAYERS: Final = {
    "python": Said("命令行（Python）", "command line (Python)"),
    "node": Said("浏览器的脚本，在 Node 里", "the browser’s scripts under Node"),
    "chromium": Said("Chromium 网页，从选文件到出结论", "the page in Chromium, from the file to the verdict"),
}
TAMPERING: Final = {
    "edit": Said("修改一条", "edit"),
    "delete": Said("删除一条", "delete"),
    "insert": Said("插入一条", "insert"),
    "reorder": Said("调换次序", "reorder"),
    "truncate": Said("截掉末尾", "truncate"),
    "full rewrite, tree signed again": Said("全部重写并重新签名", "full rewrite, tree signed again"),
    "database restored from yesterday": Said("数据库恢复到昨天", "database restored from yesterday"),
    "tail deleted before a checkpoint": Said("在签署检查点之前删掉末尾", "tail deleted before a checkpoint"),
    "split view": Said("给不同的人看不同的账本", "split view"),
    "whole-host snapshot": Said("整台主机恢复快照", "whole-host snapshot"),
}
FOUND_BY: Final = {
    "ledger verify": Said("任何人核验账本", "anyone who verifies"),
    "ledger verify --known": Said("留有旧检查点的人", "whoever kept a checkpoint"),
    "signer": Said("签名进程拒绝启动", "the signer refuses"),
    "witness": Said("共签方拒签", "the cosigner refuses"),
    None: Said("无法发现", "nothing"),
}
ATTACKS: Final = {
    "draw": Said("主持抽取的中心说谎", "a centre that lies about a draw"),
    "recusals": Said("开标后该回避的不回避", "false recusals after the opening"),
    "causes": Said("伪造席位空出的原因，或擅自弃补", "forged causes of vacancies, seats given up"),
    "openings": Said("公开的内容与承诺不符", "openings that are not what was committed to"),
    "audit": Said("给审计的名册、资格认定造假", "forged rosters and decisions for auditors"),
    "hostile": Said("专为搞垮核验程序而写的文件", "files made to break the verifier"),
    "ledger": Said("账本文件被改动", "altered files of the ledger"),
    "web": Said("从网络攻击服务", "attacks on the service over the web"),
}
HONEST: Final = {
    "model": Said("模拟的诚实评审组", "honest panel, simulated"),
    "real": Said("真实的评委组（花样滑冰，九人中取几人）", "real panel (figure skating, some of nine judges)"),
    "accumulated": Said("诚实专家，十个项目里遇到同样的五家", "honest expert, the same five bidders in ten projects"),
    "within": Said(
        "不采用的做法：只看组内离散（同样的真实评委，按人计）", "not used: spread within the panel (each real judge)"
    ),
}
AGAIN: Final = {
    "ours_again": Said("本系统，同一种子", "ours, same seed"),
    "ours_in_another_order": Said("本系统，同一种子，名单换序", "ours, same seed, people in another order"),
    "theirs_again": Said("对照程序，照常运行两次", "the peer, run twice as usual"),
    "theirs_seeded_again": Said("对照程序，指定同一种子", "the peer, same seed"),
    "theirs_seeded_in_another_order": Said(
        "对照程序，同一种子，名单换序", "the peer, same seed, people in another order"
    ),
}
