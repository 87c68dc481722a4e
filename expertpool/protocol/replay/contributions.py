"""What the seed is made of: the contributions, a public beacon where one is declared, and the seed itself."""

from datetime import UTC

from expertpool.protocol.beacon import CHAINS, Round, round_due, verify_round
from expertpool.protocol.commitments import contribution_digest, seed_digest
from expertpool.protocol.errors import ProtocolError
from expertpool.protocol.replay.case import Case
from expertpool.protocol.replay.order import moment
from expertpool.protocol.replay.steps import Differs, NotChecked, Said, saw, shown
from expertpool.protocol.seed import BeaconValue, Contribution, Seeds
from expertpool.protocol.vrf import verify


def contributions(case: Case) -> Said:
    """Each proof verifies over the intent with the key that it names, and is the one whose digest was logged."""
    opened, counting = case.bundle.openings.contributions, case.story.counting
    alpha = case.intended.hash
    if [each.organisation for each in opened] != [each.organisation for each in counting]:
        raise Differs(
            "所公开的贡献与意向要求的各方或次序不符。",
            "The contributions that are opened are not those that count, in the order of the intent.",
            expected=[each.organisation for each in counting],
            found=[each.organisation for each in opened],
        )
    outputs: dict[str, bytes] = {}
    for contributor, given in zip(counting, opened, strict=True):
        name = contributor.organisation
        try:
            outputs[name] = verify(contributor.vrf, alpha, given.proof)
        except ProtocolError as error:
            raise Differs(
                f"{name} 的贡献不成立：{error.text('zh')}",
                f"The contribution of {name} does not hold: {error.text('en')}",
                organisation=name,
            ) from None
        logged = shown(case.story.contributed[name], "digest", str)
        if contribution_digest(alpha, name, given.proof).hex() != logged:
            raise Differs(
                f"{name} 所公开的贡献不是当时封存的那一份。",
                f"What is opened of {name} is not the contribution that was logged.",
                organisation=name,
                expected=logged,
            )
    case.outputs = outputs
    return saw(
        f"{len(outputs)} 份贡献都由登记的密钥为这次意向作出，与事先封存的一致；谁也不能另选一份。",
        f"All {len(outputs)} contributions were made for this intent with the registered keys and are those that were "
        f"logged; nobody could choose another.",
        organisations=list(outputs),
    )


def beacon(case: Case) -> Said:
    """The declared round of the public beacon verifies, and fell due after the last contribution."""
    declared, opened = case.intent.beacon, case.bundle.openings.beacon
    if declared is None:
        case.randomness = None
        if opened is not None:
            raise Differs("意向没有声明公共信标，证明包却给出一个。", "The intent declares no beacon, and here is one.")
        raise NotChecked("本次意向没有使用公共信标。", "This intent uses no public beacon.")
    if opened is None:
        raise Differs("意向声明的公共信标没有给出。", "The beacon round that the intent declares is not given.")
    name = declared.chain.hex()
    if opened.previous == b"":
        raise Differs("公共信标的写法不合规范。", "The beacon round is not written as it must be.")
    randomness = verify_round(Round(name, declared.round, opened.signature, opened.previous or b""))
    due = round_due(CHAINS[name], declared.round)
    last = max(map(moment, case.story.contributed.values()))
    if due <= last or due > moment(case.story.result):
        raise Differs(
            f"信标第 {declared.round} 轮应在最后一份贡献之后、结果之前产生，实为 {due.astimezone(UTC).isoformat()}。",
            f"Round {declared.round} must fall due after the last contribution and before the result; it fell due at "
            f"{due.astimezone(UTC).isoformat()}.",
            due=due.astimezone(UTC).isoformat(),
        )
    case.randomness = randomness
    return saw(
        f"公共信标第 {declared.round} 轮的签名正确，在全部贡献封存之后才产生。",
        f"Round {declared.round} of the public beacon is genuine and came after all contributions were logged.",
        round=declared.round,
        randomness=randomness.hex(),
    )


def seed(case: Case) -> Said:
    """The seed, computed from the contributions, is the one whose digest the result shows."""
    made = [Contribution(each.organisation, case.outputs[each.organisation]) for each in case.story.counting]
    value, declared = case.randomness, case.intent.beacon
    public = None if value is None or declared is None else BeaconValue(declared.chain, declared.round, value)
    seeds = Seeds.derive(case.intended.hash, made, public)
    logged, computed = shown(case.story.result, "seed", str), seed_digest(seeds.panel).hex()
    if computed != logged:
        raise Differs(
            "由各方贡献算出的种子，不是结果所记的那一个。",
            "The seed that follows from the contributions is not the one of the result.",
            expected=computed,
            found=logged,
        )
    case.seeds = seeds
    return saw(
        "由各方贡献重新算出种子，与结果所记一致。",
        "The seed, computed again from the contributions, is the one of the result.",
        digest=computed,
    )
