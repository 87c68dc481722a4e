"""That the bundle's entries stand in the log that the verifier knows, and others vouch for that log."""

from dataclasses import replace

from expertpool.protocol.replay.case import Case, Trust
from expertpool.protocol.replay.steps import Differs, NotProven, Said, saw
from ledger.errors import Refused
from ledger.merkle import verify_inclusion
from ledger.policy import Policy


def judging(trust: Trust) -> Policy | None:
    """The verifier's policy, with the log key where one is named; None where there is neither."""
    if trust.log_key is None:
        return trust.policy
    return replace(trust.policy or Policy({}, {}, "none"), logs={trust.log_key: ""})


def checkpoint(case: Case) -> Said:
    """The given log key signed the checkpoint, and a quorum of the given policy cosigned it."""
    signed, policy = case.signed, judging(case.trust)
    if policy is None:
        raise NotProven(
            "没有给出账本公钥和信任策略，无法判断这份账本是不是真的那一份。"
            "请用 --log-key 和 --policy 给出，并从本中心以外的渠道取得。",
            "No log key and no policy were given, so this may be any log. Name them with --log-key and --policy, and "
            "get them from somebody other than the centre.",
        )
    trust = policy.judge(signed)
    names = sorted(trust.cosigners)
    if not trust.quorum or not names:
        raise NotProven(
            "账本的签名正确，但没有您所信任的足够多的外部共签方作证，不能排除另有一份账本。",
            "The log's signature is right, but not enough cosigners whom you trust vouch for it: there may be another.",
            cosigners=names,
        )
    return saw(
        f"账本“{signed.checkpoint.origin}”在 {signed.size} 个条目时的状态有签名，并由 {len(names)} 个外部共签方作证。",
        f"The state of the log “{signed.checkpoint.origin}” at {signed.size} entries is signed, and {len(names)} "
        f"outside cosigners vouch for it.",
        origin=signed.checkpoint.origin,
        size=signed.size,
        cosigners=names,
    )


def entries(case: Case) -> Said:
    """Every entry is included in the checkpoint's tree, at the place that it names."""
    for proven in case.bundle.entries:
        place = proven.entry.index
        try:
            verify_inclusion(place, case.signed.size, proven.entry.hash, proven.proof, case.signed.root)
        except Refused as refused:
            raise Differs(
                f"第 {place} 条不在该账本中，或内容被改动：{refused.text('zh')}",
                f"Entry {place} is not in that log, or was altered: {refused.text('en')}",
                entry=place,
            ) from None
    count = len(case.bundle.entries)
    return saw(
        f"{count} 个条目都在该账本中，一字未改。", f"All {count} entries stand in that log, unaltered.", count=count
    )
