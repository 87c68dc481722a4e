"""What happened, in which order: the intent before any contribution, the centre's before the others', then the result.

`intent` reads the intent and the registrations that it names; `order` makes a `Story` of the entries, on which the
later steps rest.
"""

from collections.abc import Iterator
from datetime import datetime

from expertpool.protocol.intent import KIND, Contributor, Intent, read_intent
from expertpool.protocol.replay.case import Case
from expertpool.protocol.replay.steps import Differs, Said, saw, shown
from expertpool.protocol.replay.story import (
    BIDDERS_OPENED,
    COMPLETED,
    EXHAUSTED,
    OF_THE_DRAW,
    OF_THE_INTENT,
    REFILLED,
    RESULT_OF_FIRST,
    VACANCY_EXHAUSTED,
    VACATED,
    Opened,
    Story,
    Vacancy,
)
from ledger.entry import Entry


def intent(case: Case) -> Said:
    """The intent is well-formed, and its contributors' keys were registered before the draw was asked for."""
    found = next((entry for entry in case.entries(KIND) if entry.index == case.bundle.intent), None)
    if found is None:
        raise Differs(
            f"证明包中没有本次抽取的意向（账本第 {case.bundle.intent} 条）：没有事先意向的结果一律无效。",
            f"There is no intent of this draw at entry {case.bundle.intent}: a result without one is worth nothing.",
        )
    read = read_intent(found)
    asked = max((entry.index for entry in case.entries("draw.requested") if entry.index < found.index), default=None)
    if asked is None:
        raise Differs("意向之前没有抽取申请。", "No request for the draw stands before the intent.")
    registered = {entry.index: entry for entry in case.entries("holder.approved", draw=False)}
    bodies = []
    for contributor in (*read.contributors, *read.alternates):
        entry = registered.get(contributor.registered)
        if entry is None or not _is_key_of(contributor, entry):
            raise Differs(
                f"{contributor.organisation} 的密钥不是账本第 {contributor.registered} 条所批准的。",
                f"The key of {contributor.organisation} is not the one that entry {contributor.registered} approved.",
                organisation=contributor.organisation,
            )
        if entry.index > asked:
            raise Differs(
                f"{contributor.organisation} 的密钥在抽取申请之后才登记（第 {entry.index} 条）。",
                f"The key of {contributor.organisation} was registered after the request (entry {entry.index}).",
                organisation=contributor.organisation,
            )
        bodies.append(entry)
    if registered.keys() != {entry.index for entry in bodies}:
        raise Differs(
            "证明包中有意向没有提到的密钥登记。", "There are registrations of keys that the intent does not name."
        )
    _check_independence(bodies, len(read.contributors))
    _check_first(case, read)
    case.intent, case.intended = read, found
    names = [contributor.organisation for contributor in read.contributors]
    return saw(
        f"意向（第 {found.index} 条）在任何人能知道结果之前写明了名册、候选名单、席位和 {len(names)} 个贡献方。",
        f"Before anyone could know the outcome the intent (entry {found.index}) fixed roster, candidates, seats and "
        f"{len(names)} contributors.",
        entry=found.index,
        alpha=found.hash.hex(),
        seats=list(read.seats),
        contributors=names,
    )


def order(case: Case) -> Said:
    """The entries stand in the order of the protocol; one intent has one result."""
    _refuse_strangers(case)
    requested, accepted = ([each.index for each in case.entries(kind)] for kind in ("draw.requested", "draw.accepted"))
    if not any(first < second < case.intended.index for first in requested for second in accepted):
        raise Differs(
            "意向之前没有先申请、后受理的记录。", "Before the intent there is no request that was then accepted."
        )
    stepped = _step_ins(case)
    contributed = _contributions(case, stepped)
    replaced = set(stepped.values())
    counting = tuple(
        each
        for each in (*case.intent.contributors, *case.intent.alternates)
        if each.organisation in contributed and each.organisation not in replaced
    )
    result = _result(case)
    last = max(entry.index for entry in contributed.values()) if contributed else result.index
    if len(counting) != case.intent.required or last >= result.index:
        raise Differs(
            f"结果（第 {result.index} 条）之前应有 {case.intent.required} 份随机贡献，实有 {len(counting)} 份有效。",
            f"The result (entry {result.index}) needs {case.intent.required} contributions before it; {len(counting)} "
            f"count.",
            expected=case.intent.required,
            found=len(counting),
        )
    vacancies = tuple(_vacancies(case, result))
    case.story = Story(counting, contributed, result, vacancies, _opened(case, result, vacancies))
    return saw(
        f"先申请、再意向（第 {case.intended.index} 条），中心先封存贡献，各方随后，最后出结果（第 {result.index} 条）；"
        f"一次意向只有一个结果，其后补抽 {len(vacancies)} 次。",
        f"First the request, then the intent (entry {case.intended.index}), the centre's contribution, the others', "
        f"and last the result (entry {result.index}); one intent, one result, {len(vacancies)} vacancies after it.",
        intent=case.intended.index,
        result=result.index,
        vacancies=len(vacancies),
    )


def moment(entry: Entry) -> datetime:
    """When an entry was written, by its own word."""
    return datetime.fromisoformat(entry.time)


def _is_key_of(contributor: Contributor, entry: Entry) -> bool:
    body = entry.body
    return body.get("holder") == contributor.organisation and body.get("vrf") == contributor.vrf.hex()


def _check_independence(approved: list[Entry], contributors: int) -> None:
    codes = [shown(entry, "organisation", str) for entry in approved]
    if len(set(codes)) != len(codes):
        raise Differs("同一机构登记了两把密钥。", "One organisation stands there with two keys.")
    if not any(entry.body.get("outside") is True for entry in approved[:contributors]):
        raise Differs("没有一个贡献方在本中心以外。", "None of the contributors is from outside the centre.")


def _check_first(case: Case, read: Intent) -> None:
    """A later intent for a lot names the first, which is in the bundle; only such a one retains members."""
    if read.draw != case.bundle.draw:
        raise Differs("意向属于另一次抽取。", "The intent is that of another draw.")
    if read.first is None:
        if read.retained:
            raise Differs("首次意向不应保留成员。", "A first intent has nobody to retain.")
        return
    first = next((entry for entry in case.entries(KIND, draw=False) if entry.index == read.first), None)
    if first is None or first.index >= case.bundle.intent or not set(read_intent(first).lots) & set(read.lots):
        raise Differs(
            f"意向所指的首次意向（第 {read.first} 条）不存在或不是同一标段。",
            f"The first intent that is named (entry {read.first}) is not there, or for other lots.",
            first=read.first,
        )


def _refuse_strangers(case: Case) -> None:
    first = case.intent.first
    for proven in case.bundle.entries:
        entry = proven.entry
        ours = entry.body.get("draw") == case.bundle.draw
        belongs = (
            entry.kind == "holder.approved"
            or (ours and entry.kind in OF_THE_DRAW - {KIND})
            or (ours and entry.kind in OF_THE_INTENT and entry.body.get("intent") == case.bundle.intent)
            or (entry.kind == KIND and entry.index in (case.bundle.intent, first))
            or (first is not None and entry.kind in RESULT_OF_FIRST and entry.body.get("intent") == first)
        )
        if not belongs:
            raise Differs(
                f"第 {entry.index} 条（{entry.kind}）不属于这次抽取，或是同一抽取的另一次意向。",
                f"Entry {entry.index} ({entry.kind}) does not belong to this draw, or is another intent of it.",
                entry=entry.index,
            )


def _step_ins(case: Case) -> dict[str, str]:
    """Which alternate stepped in for whom: in the order of the intent, after the time that it gives."""
    steps: dict[str, str] = {}
    outside = {each.organisation for each in case.intent.contributors[1:]}
    since = {organisation: _centre(case) for organisation in outside}
    waiting = [each.organisation for each in case.intent.alternates]
    for entry in case.of_intent("draw.stepped-in"):
        alternate, replaced = shown(entry, "alternate", str), shown(entry, "replaced", str)
        in_turn = waiting[:1] == [alternate] and replaced in since
        waited = (moment(entry) - moment(since[replaced])).total_seconds() if in_turn else 0
        if not in_turn or entry.index < since[replaced].index or waited < case.intent.step_seconds:
            raise Differs(
                f"第 {entry.index} 条的替补 {alternate} 不合次序，或未到规定时间。",
                f"The alternate {alternate} of entry {entry.index} stepped in out of turn or too early.",
                entry=entry.index,
            )
        del since[replaced], waiting[0]
        since[alternate], steps[alternate] = entry, replaced
    return steps


def _centre(case: Case) -> Entry:
    """The centre's contribution, the first of all."""
    first = next(case.of_intent("draw.contributed"), None)
    centre = case.intent.contributors[0].organisation
    if first is None or first.index < case.intended.index or first.body.get("organisation") != centre:
        raise Differs(
            "意向之后的第一份贡献应是中心的，以便外部各方看不到它就作答。",
            "The first contribution after the intent must be the centre's, sealed before the others answer.",
        )
    return first


def _contributions(case: Case, stepped: dict[str, str]) -> dict[str, Entry]:
    began = {entry.body["alternate"]: entry.index for entry in case.of_intent("draw.stepped-in")}
    regular = {each.organisation for each in case.intent.contributors}
    made: dict[str, Entry] = {}
    for entry in case.of_intent("draw.contributed"):
        organisation = shown(entry, "organisation", str)
        expected = organisation in regular or began.get(organisation, entry.index) < entry.index
        if not expected or organisation in made or organisation in stepped.values():
            raise Differs(
                f"第 {entry.index} 条的贡献（{organisation}）多余、重复，或来自已被替换的一方。",
                f"The contribution of entry {entry.index} ({organisation}) is not called for, comes twice, or is of "
                f"somebody who was replaced.",
                entry=entry.index,
            )
        if moment(entry) > case.intent.deadline:
            raise Differs(
                f"第 {entry.index} 条的贡献晚于意向规定的截止时间。",
                f"The contribution of entry {entry.index} came after the deadline of the intent.",
                entry=entry.index,
            )
        made[organisation] = entry
    return made


def _result(case: Case) -> Entry:
    results = list(case.of_intent(COMPLETED, EXHAUSTED))
    if len(results) != 1:
        raise Differs(
            f"一次意向只能有一个结果，这里有 {len(results)} 个。",
            f"One intent has one result; here are {len(results)}.",
            found=len(results),
        )
    return results[0]


def _vacancies(case: Case, result: Entry) -> Iterator[Vacancy]:
    """Vacancies in the order of their numbers: each logged before it is drawn, and drawn one after the other."""
    vacated = list(case.of_intent(VACATED))
    ended = list(case.of_intent(REFILLED, VACANCY_EXHAUSTED))
    before = result.index
    for number, (start, end) in enumerate(zip(vacated, ended, strict=False), 1):
        numbered = shown(start, "vacancy", int) == number and shown(end, "vacancy", int) == number
        if not numbered or not result.index < start.index < end.index or end.index < before:
            raise Differs(
                f"第 {number} 次补抽的条目次序不对：必须先记录空缺、再补抽，编号连续。",
                f"The entries of vacancy {number} are out of order: logged first, then drawn, numbered without gaps.",
                vacancy=number,
            )
        before = end.index
        yield Vacancy(number, start, end)
    if len(vacated) != len(ended):
        raise Differs(
            f"记录了 {len(vacated)} 个空缺，却有 {len(ended)} 次补抽结果。",
            f"{len(vacated)} vacancies were logged, and {len(ended)} have an outcome.",
        )


def _opened(case: Case, result: Entry, vacancies: tuple[Vacancy, ...]) -> Opened | None:
    """The opening of the bidder list: at most one, between two vacancies, not while one is open."""
    entries = list(case.of_intent(BIDDERS_OPENED))
    if len(entries) > 1:
        raise Differs(
            f"投标人名单只能开启一次，这里有 {len(entries)} 次。",
            f"The list of bidders is opened once; here it was opened {len(entries)} times.",
            found=len(entries),
        )
    if not entries:
        return None
    [entry] = entries
    after = shown(entry, "vacancies", int)
    before = [each for each in vacancies if each.vacated.index < entry.index]
    if entry.index < result.index or len(before) != after or any(each.ended.index > entry.index for each in before):
        raise Differs(
            f"第 {entry.index} 条的开启名单不合次序：应在结果之后、此前的补抽都已结束时进行。",
            f"The list was opened out of order (entry {entry.index}): it comes after the result, with no vacancy open.",
            entry=entry.index,
        )
    return Opened(entry, after)
