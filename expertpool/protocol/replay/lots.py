"""Which project and lots were drawn for: the opened national codes give the codes that stand in the intent."""

from expertpool.protocol.commitments import lot_code
from expertpool.protocol.replay.case import Case
from expertpool.protocol.replay.steps import Differs, Said, saw


def lots(case: Case) -> Said:
    """The lot codes of the intent are exactly those of the opened project and lots."""
    opened = case.bundle.openings.lots
    codes = tuple(sorted(lot_code(opened.key, opened.project, lot) for lot in opened.lots))
    if codes != case.intent.lots:
        raise Differs(
            "所公开的项目和标段不是意向中的那些。", "The project and lots that are opened are not those of the intent."
        )
    listed = "、".join(opened.lots)
    return saw(
        f"抽取用于项目 {opened.project}，标段 {listed}。",
        f"The draw was for project {opened.project}, lots {', '.join(opened.lots)}.",
        project=opened.project,
        lots=list(opened.lots),
    )
