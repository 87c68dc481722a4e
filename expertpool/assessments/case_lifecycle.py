"""The way of a case and of an appeal as data: from which state, by which verb, to which, and who may.

The centre proposes (处理建议) and hands over (移送); the competent department decides.
"""

from enum import StrEnum
from typing import Final, NamedTuple

from expertpool.assessments.case_errors import CaseWrongStep
from expertpool.identity.permissions import PERMISSIONS
from expertpool.identity.roles import Role
from expertpool.projects.terms import Words


class Ground(StrEnum):
    """What a case rests on: one project's deductions, a year's, a lead, the last years' scores; or staff propose it."""

    AT_ONCE = "at-once"
    YEAR = "year"
    LEAD = "lead"
    DISMISSAL = "dismissal"
    SENIOR = "senior"
    STAFF = "staff"


class Measure(StrEnum):
    """What is decided of somebody."""

    NONE = "none"
    WARNING = "warning"
    SUSPENSION = "suspension"
    REMOVAL = "removal"
    SENIOR = "senior"


class CaseState(StrEnum):
    """Where a case stands."""

    PROPOSED = "proposed"
    HANDED_OVER = "handed-over"
    DECIDED = "decided"
    WITHDRAWN = "withdrawn"
    RETURNED = "returned"
    REVOKED = "revoked"


class CaseVerb(StrEnum):
    """What is done to a case."""

    HAND_OVER = "hand-over"
    WITHDRAW = "withdraw"
    DECIDE = "decide"
    RETURN = "return"
    REVOKE = "revoke"

    @property
    def permission(self) -> str:
        """The verb in the permission table."""
        return f"case.{self.value}"


class AppealState(StrEnum):
    """Where an appeal stands."""

    FILED = "filed"
    UPHELD = "upheld"
    REFUSED = "refused"


GROUND_WORDS: Final[dict[Ground, Words]] = {
    Ground.AT_ONCE: Words("单个项目扣分达到标准", "deductions in one project"),
    Ground.YEAR: Words("年度累计扣分达到标准", "deductions in a year"),
    Ground.LEAD: Words("问题线索（泄密、收受财物、串通）", "a lead: disclosure, a bribe, collusion"),
    Ground.DISMISSAL: Words("近年平均得分低于标准", "average of the last years"),
    Ground.SENIOR: Words("近年得分均达到资深标准", "scores of the last years, for the senior grade"),
    Ground.STAFF: Words("中心提出", "proposed by the centre"),
}
MEASURE_WORDS: Final[dict[Measure, Words]] = {
    Measure.NONE: Words("不予处理", "no measure"),
    Measure.WARNING: Words("警告", "warning"),
    Measure.SUSPENSION: Words("暂停抽取", "suspension"),
    Measure.REMOVAL: Words("清退", "removal"),
    Measure.SENIOR: Words("资深专家", "senior grade"),
}
CASE_WORDS: Final[dict[CaseState, Words]] = {
    CaseState.PROPOSED: Words("待移送", "proposed"),
    CaseState.HANDED_OVER: Words("已移送，待决定", "handed over"),
    CaseState.DECIDED: Words("已决定", "decided"),
    CaseState.WITHDRAWN: Words("已撤回", "withdrawn"),
    CaseState.RETURNED: Words("已恢复抽取", "returned"),
    CaseState.REVOKED: Words("决定已撤销", "decision revoked"),
}
APPEAL_WORDS: Final[dict[AppealState, Words]] = {
    AppealState.FILED: Words("处理中", "being decided"),
    AppealState.UPHELD: Words("申诉成立", "upheld"),
    AppealState.REFUSED: Words("维持原结果", "refused"),
}


class CaseStep(NamedTuple):
    """One allowed step."""

    start: CaseState
    verb: CaseVerb
    end: CaseState

    @property
    def who(self) -> frozenset[Role]:
        """The roles that may take it."""
        return frozenset(PERMISSIONS.get(self.verb.permission, {}))


_S, _V = CaseState, CaseVerb

CASE_STEPS: Final = (
    CaseStep(_S.PROPOSED, _V.HAND_OVER, _S.HANDED_OVER),
    CaseStep(_S.PROPOSED, _V.WITHDRAW, _S.WITHDRAWN),
    CaseStep(_S.HANDED_OVER, _V.DECIDE, _S.DECIDED),
    CaseStep(_S.DECIDED, _V.RETURN, _S.RETURNED),
    CaseStep(_S.DECIDED, _V.REVOKE, _S.REVOKED),
)
"""Every step there is; what is not listed is refused. What was decided is never decided again, only revoked."""


def case_step(state: CaseState, verb: CaseVerb) -> CaseState:
    """Where the verb leads from this state. Raises `CaseWrongStep`."""
    for each in CASE_STEPS:
        if (each.start, each.verb) == (state, verb):
            return each.end
    raise CaseWrongStep(state.value, verb.value)
