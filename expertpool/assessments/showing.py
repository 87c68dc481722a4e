"""An assessment as the API shows it."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy.orm import Session

from expertpool.assessments import queries
from expertpool.assessments.models import Assessment
from expertpool.assessments.rules import AssessmentRules
from policies.conduct import Offer
from policies.conduct_items import SubjectKind


def assessment(session: Session, found: Assessment) -> dict[str, Any]:
    """Whom it is of, by which sheet, who has given theirs; and what was revealed."""
    session_id = found.session_id
    return {
        **{name: getattr(found, name) for name in ("session_id", "state", "rulebook", "opened", "due", "revealed")},
        "subjects": queries.subjects_of(session, session_id),
        "items": list(_items(AssessmentRules.kept(found.form))),
        "proposals": queries.proposals_of(session, session_id),
        "given": sorted(queries.given_of(session, session_id)),
        "marks": queries.marks_of(session, session_id),
        "results": queries.results_of(session, session_id),
    }


def _items(rules: AssessmentRules) -> Iterator[dict[str, Any]]:
    """Every item once, with the kinds of subjects that it is for."""
    offered: dict[str, tuple[Offer, list[SubjectKind]]] = {}
    for kind in SubjectKind:
        for offer in rules.offers(kind):
            offered.setdefault(offer.code, (offer, []))[1].append(kind)
    for offer, kinds in offered.values():
        yield {**offer._asdict(), "zh": offer.text.zh, "en": offer.text.en, "subjects": kinds}
