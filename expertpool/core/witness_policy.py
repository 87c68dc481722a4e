"""The witness policy of this installation, and what a policy must be before a centre may rely on it.

The centre's own cosignature never counts, and any two quorums share an outside cosigner: otherwise two halves of the
witnesses could be shown two histories and both would be proven.
"""

from expertpool.core.errors import Conflict, Invalid, Unavailable
from expertpool.core.settings import Settings
from ledger.errors import LedgerError
from ledger.policy import Policy, parse_policy


class PolicyUnreadable(Unavailable):
    code = "witness-policy.unreadable"
    zh = "无法读取共签方规则文件 {path}，请检查路径和权限。"
    en = "The witness policy {path} cannot be read; check its path and permissions."
    path: str


class PolicyMalformed(Invalid):
    code = "witness-policy.malformed"
    zh = "共签方规则文件 {path} 有误：{reason_zh}"
    en = "The witness policy {path} is wrong: {reason_en}"
    path: str
    reason_zh: str
    reason_en: str


class LogNotInPolicy(Conflict):
    code = "witness-policy.other-log"
    zh = "共签方规则没有列出本账本 {origin} 的密钥，外部无法据此核验；请加入 expertpool init 给出的 log 行。"
    en = "The witness policy lists no key of this log, {origin}; add the log line that expertpool init printed."
    origin: str


class QuorumsNeedNotMeet(Conflict):
    code = "witness-policy.quorums-need-not-meet"
    zh = "共签方规则的法定数过低：两组互不重叠的共签方可各自达到，账本分叉不会被发现。请要求过半数（两个时须全部）。"
    en = (
        "The witness policy's quorum is too low: two sets without a common witness could each meet it, and a forked "
        "log would go unnoticed. Ask for more than half of them (of two, both)."
    )


class OwnWitness(Conflict):
    code = "witness-policy.own-witness"
    zh = "共签方 {name} 属于本中心自己（与账本同域名或同密钥），其共签不算数；请从规则中去掉，改由外部机构共签。"
    en = "Witness {name} is the centre's own (the log's domain or key) and cannot count; name outside bodies instead."
    name: str


def load_witness_policy(settings: Settings) -> Policy | None:
    """The policy that the settings name; None in a demonstration without one.

    In production the policy must be sound. Raises `PolicyUnreadable`, `PolicyMalformed` and what `check_policy` raises.
    """
    path = settings.ledger.witness_policy
    demonstration = settings.service.mode == "demo"
    if path is None or (demonstration and not path.exists()):
        return None
    try:
        policy = parse_policy(path.read_bytes())
    except OSError:
        raise PolicyUnreadable(str(path)) from None
    except LedgerError as error:
        raise PolicyMalformed(str(path), error.text("zh"), error.text("en")) from None
    if not demonstration:
        check_policy(policy, settings.service.origin)
    return policy


def check_policy(policy: Policy, origin: str) -> None:
    """Refuse a policy on which nobody could rely for this log.

    Raises `LogNotInPolicy`, `OwnWitness`, `QuorumsNeedNotMeet`.
    """
    if origin not in {key.name for key in policy.logs}:
        raise LogNotInPolicy(origin)
    log_keys = {key.public for key in policy.logs}
    for name, key in policy.witnesses.items():
        if key.public in log_keys or _domain(key.name) == _domain(origin):
            raise OwnWitness(name)
    if _can_split(policy, policy.quorum):
        raise QuorumsNeedNotMeet


def _can_split(policy: Policy, name: str) -> bool:
    """Whether two sets of witnesses without a common member can both make ``name`` witnessed.

    Of a group's n members (each stands in one group only), d can be witnessed by both sets and each of the others by
    one: both reach the threshold k when 2 (k - d) <= n - d.
    """
    if name in policy.witnesses:
        return False
    if name not in policy.groups:
        return True  # "none": the empty set is a quorum
    group = policy.groups[name]
    both = sum(_can_split(policy, member) for member in group.members)
    return 2 * (group.threshold - both) <= len(group.members) - both


def _domain(name: str) -> str:
    """A key's name is an address without its scheme; before the first slash stands who runs it."""
    return name.partition("/")[0].lower()
