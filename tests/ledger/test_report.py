"""The report, word for word as people see it, and the keys that programs rely on."""

from pathlib import Path

import pytest

from ledger.checkpoint import Checkpoint, SignedCheckpoint
from ledger.errors import Lang, Unreadable
from ledger.note import Note
from ledger.policy import Trust
from ledger.report import as_json, as_text, exit_code, unreadable
from ledger.verify import Known, Report, verify
from tests.ledger.attacks import SIZE, honest, laid_over, replaced
from tests.ledger.logs import LOG, POLICY, WITNESSES, Files, edited, signed, write_directory

ROOT = "5VCH//PsdiRy/yEhbtXgkMqQi5CpOOSAhVUgkB6L5ec="
LAST = "9ee3c66991b373c67accd7a0da313760fa4637374768e2dbeccca6d7cf5e5a8e"


def report_of(directory: Path, files: Files, *, trusting: bool = True) -> Report:
    known = [Known("2025.checkpoint", signed(honest()[0][:400]))]
    return verify(str(write_directory(files, directory)), policy=POLICY if trusting else None, known=known)


@pytest.fixture
def proven(tmp_path: Path) -> Report:
    return report_of(tmp_path, honest()[1])


@pytest.fixture
def no_policy(tmp_path: Path) -> Report:
    return report_of(tmp_path, honest()[1], trusting=False)


@pytest.fixture
def no_quorum(tmp_path: Path) -> Report:
    checkpoint = signed(honest()[0], cosigners=[WITNESSES["province"]]).to_bytes()
    return report_of(tmp_path, {**honest()[1], "checkpoint": checkpoint})


@pytest.fixture
def edited_entry(tmp_path: Path) -> Report:
    data = honest()[0]
    return report_of(tmp_path, laid_over(replaced(data, 300, edited(data[300]))))


@pytest.fixture
def no_bundle(tmp_path: Path) -> Report:
    return report_of(tmp_path, {path: data for path, data in honest()[1].items() if path != "tile/entries/001"})


TEXTS: dict[tuple[str, Lang], str] = {
    ("proven", "zh"): f"""\
已证实：600 个条目无一被改动、删除、插入或调换，并有外部共签方作证。

  账本                centre.example/ledger
  条目数（区块高度）  600
  根哈希              {ROOT}
  末条哈希            {LAST}
  共签方              2026-11-18 11:06:40 UTC  inspection
                      2026-11-18 11:06:40 UTC  province
  相符的检查点        2025.checkpoint""",
    ("proven", "en"): f"""\
PROVEN: none of 600 entries was changed, removed, inserted or moved; outside cosigners vouch for it.

  log                centre.example/ledger
  entries (height)   600
  root hash          {ROOT}
  last entry's hash  {LAST}
  cosigners          2026-11-18 11:06:40 UTC  inspection
                     2026-11-18 11:06:40 UTC  province
  extends            2025.checkpoint""",
    ("no_policy", "zh"): f"""\
未能证实：600 个条目前后一致，但缺少您所信任的外部共签方作证，不能排除整个账本被换过。

  账本                centre.example/ledger
  条目数（区块高度）  600
  根哈希              {ROOT}
  末条哈希            {LAST}
  共签方              未核实
  相符的检查点        2025.checkpoint

请用 --policy 给出策略文件：您信任的账本密钥和共签方。它应来自账本以外的渠道。""",
    ("no_policy", "en"): f"""\
NOT PROVEN: 600 entries agree, but no cosigners you trust vouch for them: all may have been replaced.

  log                centre.example/ledger
  entries (height)   600
  root hash          {ROOT}
  last entry's hash  {LAST}
  cosigners          not verified
  extends            2025.checkpoint

Name the log key and the cosigners you trust with --policy; get that file from someone other than the log.""",
    ("no_quorum", "zh"): f"""\
未能证实：600 个条目前后一致，但缺少您所信任的外部共签方作证，不能排除整个账本被换过。

  账本                centre.example/ledger
  条目数（区块高度）  600
  根哈希              {ROOT}
  末条哈希            {LAST}
  共签方              2026-11-18 11:06:40 UTC  province
  相符的检查点        2025.checkpoint

有效共签未达策略的法定数：请向账本运营方索取共签更多的检查点，或稍后再核验。""",
    ("no_quorum", "en"): f"""\
NOT PROVEN: 600 entries agree, but no cosigners you trust vouch for them: all may have been replaced.

  log                centre.example/ledger
  entries (height)   600
  root hash          {ROOT}
  last entry's hash  {LAST}
  cosigners          2026-11-18 11:06:40 UTC  province
  extends            2025.checkpoint

The policy asks for more cosigners: ask the log for a checkpoint with more, or check again later.""",
    ("edited_entry", "zh"): f"""\
账本有误：条目 300 的哈希与瓦片 tile/0/001 所记不同：条目或瓦片被改动过。

  首个有误的条目      300
  账本                centre.example/ledger
  条目数（区块高度）  600
  根哈希              {ROOT}
  末条哈希            {LAST}
  共签方              2026-11-18 11:06:40 UTC  inspection
                      2026-11-18 11:06:40 UTC  province
  发现的问题          1. 条目 300 的哈希与瓦片 tile/0/001 所记不同：条目或瓦片被改动过。
                      2. 哈希链在条目 300 与 301 之间断开：条目 301 所记的前项哈希不是条目 300 的哈希。
                      3. 瓦片 tile/1/000.p/2 与由条目算出的哈希不同。
                      4. 由 600 个条目算出的根哈希与检查点签署的不同：账本在签署之后被改写过，或检查点不属于它。
                      5. 与已知检查点 2025.checkpoint 不一致：它签署之后，前 400 个条目中有改动。

请保留这份副本作为证据，并与共签方及他人所存的副本、检查点比对。""",
    ("edited_entry", "en"): f"""\
BROKEN: entry 300 does not have the hash that tile/0/001 holds: the entry or that file was changed.

  first bad entry    300
  log                centre.example/ledger
  entries (height)   600
  root hash          {ROOT}
  last entry's hash  {LAST}
  cosigners          2026-11-18 11:06:40 UTC  inspection
                     2026-11-18 11:06:40 UTC  province
  findings           1. entry 300 does not have the hash that tile/0/001 holds: the entry or that file was changed.
                     2. the hash chain is broken between entries 300 and 301: prev of 301 is not the hash of 300.
                     3. tile/1/000.p/2 does not hold the hashes that the entries have.
                     4. the root hash of the 600 entries is not the checkpoint's: they were changed after it was signed.
                     5. contradicts the known checkpoint 2025.checkpoint: one of the first 400 entries was changed \
after it was signed.

Keep this copy as evidence; compare it with the copies and checkpoints that cosigners and others keep.""",
    ("no_bundle", "zh"): f"""\
账本有误：缺少文件 tile/entries/001（条目 256 起）。

  首个有误的条目      256
  账本                centre.example/ledger
  条目数（区块高度）  600
  已核验条目          256（其余未核验）
  根哈希              {ROOT}
  共签方              2026-11-18 11:06:40 UTC  inspection
                      2026-11-18 11:06:40 UTC  province
  发现的问题          1. 缺少文件 tile/entries/001（条目 256 起）。

请保留这份副本作为证据，并与共签方及他人所存的副本、检查点比对。""",
    ("no_bundle", "en"): f"""\
BROKEN: the file tile/entries/001 is missing (entries from 256 on).

  first bad entry   256
  log               centre.example/ledger
  entries (height)  600
  entries checked   256 (the rest was not checked)
  root hash         {ROOT}
  cosigners         2026-11-18 11:06:40 UTC  inspection
                    2026-11-18 11:06:40 UTC  province
  findings          1. the file tile/entries/001 is missing (entries from 256 on).

Keep this copy as evidence; compare it with the copies and checkpoints that cosigners and others keep.""",
}


@pytest.mark.parametrize(("name", "lang"), TEXTS)
def test_what_people_read(name: str, lang: Lang, request: pytest.FixtureRequest) -> None:
    assert as_text(request.getfixturevalue(name), lang) == TEXTS[name, lang]


def test_what_programs_read(proven: Report, edited_entry: Report, no_policy: Report) -> None:
    assert as_json(proven) == {
        "verdict": "proven",
        "origin": "centre.example/ledger",
        "size": SIZE,
        "root": ROOT,
        "checked": SIZE,
        "last_entry": LAST,
        "first_bad": None,
        "cosigners": {"inspection": 1_795_000_000, "province": 1_795_000_000},
        "quorum": True,
        "known": ["2025.checkpoint"],
        "findings": [],
    }
    broken = as_json(edited_entry)
    assert (broken["verdict"], broken["first_bad"], broken["known"]) == ("broken", 300, [])
    assert [(found["index"], found["code"]) for found in broken["findings"]] == [
        (300, "verify.leaf"),
        (301, "entry.prev"),
        (None, "verify.tile"),
        (None, "verify.root"),
        (None, "verify.known"),
    ]
    assert broken["findings"][2]["zh"] == "瓦片 tile/1/000.p/2 与由条目算出的哈希不同。"
    assert broken["findings"][2]["en"] == "tile/1/000.p/2 does not hold the hashes that the entries have."
    assert (as_json(no_policy)["cosigners"], as_json(no_policy)["quorum"]) == ({}, False)


def test_every_key_is_documented(proven: Report) -> None:
    documented = as_json.__doc__ or ""
    assert [key for key in as_json(proven) if f"``{key}``" not in documented] == []


def test_the_exit_codes(proven: Report, edited_entry: Report, no_policy: Report, no_quorum: Report) -> None:
    assert [exit_code(report) for report in (proven, edited_entry, no_policy, no_quorum)] == [0, 1, 3, 3]


def test_what_programs_read_of_what_is_unreadable() -> None:
    assert unreadable(Unreadable("source.not-found", path="x")) == {
        "verdict": "unreadable",
        "code": "source.not-found",
        "zh": "找不到 x。请给出账本的目录、zip 文件或网址。",
        "en": "x does not exist. Give the ledger's directory, zip file or address.",
    }


def test_names_from_the_log_cannot_play_tricks() -> None:
    """An origin, a cosigner or a file name may hold anything that a note may: nothing of it moves the cursor."""
    checkpoint = Checkpoint("a\x9b2J\u202eb", 0, bytes(32))
    signed_by_a_stranger = SignedCheckpoint(checkpoint, Note(checkpoint.text(), ()))
    report = Report(signed_by_a_stranger, trust=Trust(LOG.key, {"c\u2028d": 2**62}, quorum=True), known=["e\x1bf"])
    lines = as_text(report, "zh").split("\n")
    assert all(line.isprintable() for line in lines)
    assert f"{2**62} s  c\ufffdd" in lines[-2], "a time that no calendar holds is shown as the number it is"
