"""The draw itself, made again: the table, the panel, the vacancies. Seat by seat it must give the same members."""

from collections.abc import Sequence
from typing import Any

from expertpool.protocol.commitments import answer_digest, member_digest, retained_digest
from expertpool.protocol.encoding import from_hex
from expertpool.protocol.errors import Malformed
from expertpool.protocol.panel import Candidates, Tokens
from expertpool.protocol.replay.case import Case
from expertpool.protocol.replay.recusals import find, strike
from expertpool.protocol.replay.redraw import Drawn, Seat
from expertpool.protocol.replay.sitting import check_sitting
from expertpool.protocol.replay.steps import Differs, Said, saw, shown
from expertpool.protocol.replay.story import COMPLETED, RESULT_OF_FIRST, Vacancy
from expertpool.protocol.table import ROW_BYTES
from ledger.entry import Entry
from ledger.merkle import Frontier, leaf_hash

_AT_ONCE = 10_000


def table(case: Case) -> Said:
    """The rows are those of the intent: the root over them is the one that it names."""
    rows, tree = case.bundle.table, Frontier()
    for place in range(len(rows)):
        tree.append(leaf_hash(rows.data[place * ROW_BYTES : (place + 1) * ROW_BYTES]))
        if place % _AT_ONCE == 0:
            case.progress("table", place, len(rows))
    if tree.root() != case.intent.table:
        raise Differs(
            "候选名单不是意向所固定的那一份：有增、删或改动。",
            "The table is not the one that the intent fixed: rows were added, left out or altered.",
            expected=case.intent.table.hex(),
            found=tree.root().hex(),
        )
    if max(rows.lines, default=0) >> len(case.intent.seats):
        raise Differs("候选名单含有意向之外的席位行。", "The table has a line that the intent does not have.")
    case.rows_hold = True
    return saw(
        f"候选名单共 {len(rows)} 行，与意向所固定的一致。",
        f"The table of {len(rows)} rows is the one that the intent fixed.",
        rows=len(rows),
        root=case.intent.table.hex(),
    )


def panel(case: Case) -> Said:
    """The search, made again with the seed, gives as many attempts and the same member on every seat."""
    intent, result, _ = case.intent, case.story.result, case.rows_hold
    drawn = Drawn(_candidates(case), _beside(case))
    case.progress("panel", 0, 1)
    found = drawn.search(intent, intent.seats, case.seeds.panel, result)
    if found.panel is not None:
        _seat(case, drawn, found.panel, result)
    _check_opened(case, drawn, vacancies=False)
    case.drawn = drawn
    if found.panel is None:
        return saw(
            f"重新抽取 {len(found.attempts)} 轮，没有一轮符合全部约束，与结果一致。",
            f"Drawn again, none of {len(found.attempts)} attempts meets every constraint, as the result says.",
            attempts=len(found.attempts),
        )
    return saw(
        f"用同一种子重新抽取，第 {len(found.attempts)} 轮成立，{len(drawn.seats)} 个席位逐一相同。",
        f"Drawn again with the seed, attempt {len(found.attempts)} is accepted and all {len(drawn.seats)} seats are "
        f"the same.",
        attempts=len(found.attempts),
        seats=sorted(drawn.seats),
    )


def vacancies(case: Case) -> Said:
    """Vacancies are within the cap, each of a taken seat, and its search gives the same member; none is lost before."""
    drawn, happened, cap = case.drawn, case.story.vacancies, case.intent.vacancies
    if len(happened) > cap:
        raise Differs(
            f"补抽 {len(happened)} 次，超过意向规定的上限 {cap} 次。",
            f"There were {len(happened)} vacancies; the intent allows {cap}.",
            found=len(happened),
            cap=cap,
        )
    answers = {each.vacancy: each for each in case.bundle.openings.answers}
    listed = [each.vacancy for each in case.bundle.openings.answers]
    if listed != sorted(answers) or not answers.keys() <= {each.number for each in happened}:
        raise Differs(
            "所公开的应答码多余、重复或次序不对。", "The answers that are opened are too many or out of order."
        )
    check_sitting(case)
    opened_after = -1 if case.story.opened is None else case.story.opened.after
    for each in happened:
        case.progress("vacancies", each.number - 1, len(happened))
        if each.number == opened_after + 1:
            strike(case, drawn)
        seat = drawn.seats[each.seat]
        answer = answers.get(each.number)
        if answer is not None and answer_digest(answer.salt, answer.code).hex() != seat.answer:
            raise Differs(
                f"第 {each.number} 次补抽所公开的应答码不是该席位专家的。",
                f"The answer code opened for vacancy {each.number} is not that of the expert on the seat.",
                vacancy=each.number,
            )
        _refill(case, drawn, each, seat)
    if len(happened) == opened_after:
        strike(case, drawn)
    _check_opened(case, drawn, vacancies=True)
    return saw(
        f"{len(happened)} 次补抽（上限 {cap}）逐一重新抽取，结果相同；其中 {len(answers)} 次公开了专家本人的应答码。",
        f"{len(happened)} vacancies (at most {cap}), each drawn again with the same result; {len(answers)} of them "
        f"with the expert's own answer code.",
        vacancies=len(happened),
        cap=cap,
        answers=len(answers),
    )


def _refill(case: Case, drawn: Drawn, vacancy: Vacancy, seat: Seat) -> None:
    seat.row = None
    wanted = [int(line == seat.line) for line in range(len(case.intent.seats))]
    ended, number = vacancy.ended, vacancy.number
    if shown(ended, "seat", str) != vacancy.seat:
        raise Differs(
            f"第 {number} 次补抽补的不是空缺的席位。", f"Vacancy {number} filled another seat.", vacancy=number
        )
    found = drawn.search(case.intent, wanted, case.seeds.vacancy(number), ended)
    if found.panel is not None:
        [seat.row] = found.panel[seat.line]
        _check_member(case, ended.body, seat.row, case.seeds.member_salt(number, 0), f"{vacancy.seat} / {number}")
        seat.answer = _commitment(ended.body, "answer", vacancy.seat)
        drawn.sat.add(seat.row)


def _seat(case: Case, drawn: Drawn, panel: Sequence[Sequence[int]], result: Entry) -> None:
    """Compare the seats of the result with the rows that were drawn, and take them."""
    taken = [(line, row) for line, rows in enumerate(panel) for row in rows]
    codes = case.seeds.seat_codes(len(taken))
    logged = shown(result, "seats", list)
    if [_code(each) for each in logged] != sorted(codes):
        raise Differs(
            "结果所列的席位代码与由种子算出的不同。",
            "The seat codes of the result are not those that follow from the seed.",
            expected=sorted(codes),
        )
    by_code = {_code(each): each for each in logged}
    for number, (code, (line, row)) in enumerate(zip(codes, taken, strict=True)):
        seat = by_code[code]
        if seat.keys() != {"answer", "line", "member", "record", "seat"} or seat["line"] != line:
            raise Differs(f"席位 {code} 的记录不对。", f"What is logged of seat {code} is wrong.", seat=code)
        _check_member(case, seat, row, case.seeds.member_salt(0, number), code)
        _commitment(seat, "record", code)
        drawn.seats[code] = Seat(line, row, _commitment(seat, "answer", code))
        drawn.sat.add(row)


def _check_member(case: Case, logged: Any, row: int, salt: bytes, seat: str) -> None:
    if member_digest(salt, case.bundle.table.leaf(row)).hex() != logged.get("member"):
        raise Differs(
            f"席位 {seat}：重新抽取得到的是名单第 {row + 1} 行，与所记的成员不同。",
            f"Seat {seat}: drawn again it is row {row + 1} of the table, which is not the member that was logged.",
            seat=seat,
            row=row,
        )


def _candidates(case: Case) -> Candidates:
    """The rows, with the tokens that the bundle opens; each opening must fit its row's commitment."""
    rows, opened = case.bundle.table, {}
    for each in case.bundle.openings.groups:
        place = find(rows, each.leaf)
        if place is None or rows[place].groups != each.groups.commitment():
            raise Differs(
                "所公开的单位等分组标记与候选名单中的承诺不符。",
                "Group tokens that are opened do not fit the commitment in the table.",
                leaf=each.leaf.hex(),
            )
        opened[place] = each.groups.tokens
    if list(opened) != sorted(opened) or len(opened) != len(case.bundle.openings.groups):
        raise Differs("所公开的分组标记次序不对或重复。", "Group tokens are opened out of order or twice.")

    def tokens_of(place: int) -> Tokens:
        if place not in opened:
            raise Differs(
                f"名单第 {place + 1} 行被某一轮选中，其分组标记却没有公开。",
                f"Row {place + 1} of the table was selected by an attempt, and its group tokens are not opened.",
                row=place,
            )
        return opened[place]

    return Candidates(rows.leaves, rows.lines, tokens_of)


def _beside(case: Case) -> list[Tokens]:
    """The tokens of retained members, as the intent commits to them; each was a member of the first draw."""
    opened = case.bundle.openings.retained
    commitments = [retained_digest(each.member, each.groups.commitment()) for each in opened]
    if tuple(commitments) != case.intent.retained:
        raise Differs(
            "所公开的留任成员与意向不符。", "The retained members that are opened are not those of the intent."
        )
    if opened:
        seated = _members_of_first(case)
        if not {each.member.hex() for each in opened} <= seated:
            raise Differs(
                "留任成员不是首次抽取的在席成员。", "A retained member does not sit by the result of the first draw."
            )
    return [each.groups.tokens for each in opened]


def _members_of_first(case: Case) -> set[str]:
    """Who sits by the first draw's result and its refilled vacancies."""
    seats: dict[str, str] = {}
    for entry in case.entries(*RESULT_OF_FIRST, draw=False):
        if entry.body.get("intent") == case.intent.first and entry.index < case.bundle.intent:
            for seat in shown(entry, "seats", list) if entry.kind == COMPLETED else [entry.body]:
                code = _code(seat)
                seats[code] = _commitment(seat, "member", code)
    return set(seats.values())


def _check_opened(case: Case, drawn: Drawn, *, vacancies: bool) -> None:
    """Every row that an attempt selected is opened, and at the end no other."""
    for row in drawn.selected:
        drawn.candidates.tokens_of(row)
    if (vacancies or not case.story.vacancies) and len(case.bundle.openings.groups) != len(drawn.selected):
        raise Differs(
            "证明包公开了没有被选中的候选人的分组标记。",
            "The bundle opens group tokens of rows that no attempt selected.",
            expected=len(drawn.selected),
            found=len(case.bundle.openings.groups),
        )


def _code(seat: Any) -> str:
    if type(seat) is not dict or type(seat.get("seat")) is not str:
        raise Differs("结果中的席位格式不对。", "A seat of the result has a wrong form.")
    code: str = seat["seat"]
    return code


def _commitment(logged: Any, name: str, seat: str) -> str:
    try:
        return from_hex(logged.get(name), 32, name).hex()
    except Malformed:
        raise Differs(
            f"席位 {seat} 的“{name}”格式不对。", f"“{name}” of seat {seat} has a wrong form.", seat=seat
        ) from None
