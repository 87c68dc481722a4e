"""Recusals after the opening: a list of bidders that is opened after the draw strikes rows of the table, once.

Everyone sees which rows are struck, that nobody on them kept a seat, and that none was drawn later. Whether they are
the right ones only an auditor can decide again.
"""

from bisect import bisect_left

from expertpool.protocol.bidders import struck_digest
from expertpool.protocol.replay.case import Case
from expertpool.protocol.replay.redraw import Drawn
from expertpool.protocol.replay.steps import Differs, NotChecked, Said, saw, shown
from expertpool.protocol.replay.story import LOST, VACATED
from expertpool.protocol.table import Table

_STRUCK = ("被划去，但按规则不应回避。", "was struck, and no rule says so.")
_KEPT = ("应当回避，却没有划去。", "should have been struck, and was not.")


def struck(case: Case) -> Said:
    """The rows that are struck are those to which the opening commits; each might have been drawn before."""
    opened, opening, _ = case.bundle.openings.struck, case.story.opened, case.rows_hold
    if (opened is None) != (opening is None):
        raise Differs(
            "账本中的开启投标人名单与证明包所公开的回避行对不上。",
            "The opening of a bidder list in the log and the struck rows in the bundle do not go together.",
        )
    if opened is None or opening is None:
        case.struck = frozenset()
        raise NotChecked("抽取之后没有开启投标人名单。", "No list of bidders was opened after the draw.")
    rows, places = case.bundle.table, [find(case.bundle.table, leaf) for leaf in opened.leaves]
    known = [place for place in places if place is not None and rows.lines[place]]
    if len(known) != len(places) or known != sorted(set(known)):
        raise Differs(
            "所公开的回避行不在候选名单中、本就不可抽取、重复或次序不对。",
            "A struck row is not in the table, could not be drawn anyway, comes twice or out of order.",
        )
    if struck_digest(opened.salt, opened.leaves).hex() != shown(opening.entry, "struck", str):
        raise Differs(
            "所公开的回避行不是开启名单时所承诺的那些。",
            "The struck rows that are opened are not those that the opening of the list commits to.",
            entry=opening.entry.index,
        )
    case.struck = frozenset(known)
    return saw(
        f"开启投标人名单（第 {opening.entry.index} 条）时划去候选名单中的 {len(known)} 行，此后不再抽取。",
        f"When the list of bidders was opened (entry {opening.entry.index}), {len(known)} rows of the table were "
        f"struck, not to be drawn any more.",
        entry=opening.entry.index,
        rows=len(known),
    )


def strike(case: Case, drawn: Drawn) -> None:
    """At the opening every seat on whose row somebody is struck falls vacant, in the order of the codes, at once."""
    opening = case.story.opened
    if opening is None:
        return
    following = {entry.index: entry for entry in case.of_intent(VACATED, LOST)}
    codes = sorted(code for code, seat in drawn.seats.items() if seat.row in case.struck)
    for place, code in enumerate(codes, opening.entry.index + 1):
        vacated = following.get(place)
        if vacated is None or vacated.body.get("seat") != code:
            raise Differs(
                f"席位 {code} 的成员应当回避，却没有随开启名单（第 {opening.entry.index} 条）空出。",
                f"The member on seat {code} is struck, and the seat did not fall vacant with the opening of the list "
                f"(entry {opening.entry.index}).",
                seat=code,
            )
    drawn.struck = case.struck


def recusals(case: Case) -> Said:
    """Everyone was decided again with the bidders: struck are exactly those who might be drawn, and may no more."""
    if case.bundle.audit is None:
        raise NotChecked(
            "公开版证明包不含个人资料，此步只有审计版能够核对。",
            "A public bundle has no personal data; only an auditor's bundle shows this.",
        )
    bidders, again = case.bidders, case.struck_again
    if bidders is None:
        raise NotChecked("本次抽取没有用到投标人名单。", "No list of bidders had a part in this draw.")
    count = len(bidders.units) + len(bidders.persons)
    if case.story.opened is None:
        return saw(
            f"抽取时已知 {count} 个投标人，逐人资格认定已包含与他们的回避。",
            f"The {count} bidders were known at the draw: the decisions on the candidates include them.",
            bidders=count,
        )
    wrong = sorted(case.struck ^ again)
    if wrong:
        place = wrong[0]
        zh, en = _STRUCK if place in case.struck else _KEPT
        raise Differs(f"候选名单第 {place + 1} 行{zh}", f"Row {place + 1} of the table {en}", row=place)
    return saw(
        f"按 {count} 个投标人逐人重新认定，应回避的正是划去的 {len(again)} 行。",
        f"Decided again with the {count} bidders, those to be recused are exactly the {len(again)} struck rows.",
        bidders=count,
        rows=len(again),
    )


def find(rows: Table, leaf: bytes) -> int | None:
    """The place of the row with this leaf."""
    place = bisect_left(range(len(rows)), leaf, key=rows.leaf)
    return place if place < len(rows) and rows.leaf(place) == leaf else None
