"""The verbs of projects. Each takes the transaction, asks the permission table, and records what happened."""

import json
from datetime import datetime
from typing import Final

from sqlalchemy import select

from expertpool.core.ids import new_id
from expertpool.core.keyrings import PROJECTS_KEY
from expertpool.core.transaction import Sealer, Transaction
from expertpool.experts.protection import Identity
from expertpool.experts.validation import check_credit_code, check_identity
from expertpool.identity.errors import NotPermitted
from expertpool.identity.models import Actor, Centre
from expertpool.identity.permissions import Target
from expertpool.identity.queries import target_of
from expertpool.identity.roles import Role
from expertpool.identity.service import require
from expertpool.projects import acts, errors
from expertpool.projects.events import RecusalNamed, RecusalWithdrawn
from expertpool.projects.facts import ProjectFacts, SessionFacts
from expertpool.projects.lifecycle import SessionVerb
from expertpool.projects.models import EvaluationSession, Project, Recusal
from expertpool.projects.queries import person_context, target_of_project
from expertpool.projects.terms import RecusalKind
from policies.facts import day_of

SEALED_LENGTH: Final = 512
"""A person's name and number are sealed at this length, so that a ciphertext does not tell how long the name is."""


def register_project(tx: Transaction, *, centre_id: str, facts: ProjectFacts) -> Project:
    """Register a project; an initiator who does so handles it. Raises `NotPermitted` and as `acts.register`."""
    centre = tx.session.get(Centre, centre_id)
    lineage = target_of(tx.session, centre).lineage if centre else ()
    require(tx, "project.register", Target(lineage, tx.actor))
    if centre is None:
        raise NotPermitted("project.register")
    handles = tx.session.get_one(Actor, tx.actor).role is Role.INITIATOR
    return acts.register(tx, centre, facts, tx.actor if handles else None)


def amend_project(tx: Transaction, project_id: str, *, facts: ProjectFacts) -> Project:
    """Replace what is known of a project. Raises `NotPermitted` and as `acts.amend`."""
    return acts.amend(tx, _find(tx, project_id, "project.amend"), facts)


def name_unit(tx: Transaction, project_id: str, *, code: str, name: str, reason: str) -> Recusal:
    """Name a unit for recusal (回避单位). Raises `NotPermitted`, `CreditCodeInvalid`, `AlreadyNamed`."""
    project = _find(tx, project_id, "recusal.name")
    credit = check_credit_code(code, "code")
    same = select(Recusal.id).where(
        Recusal.project_id == project.id,
        Recusal.kind == RecusalKind.UNIT,
        Recusal.unit_code == credit,
        Recusal.withdrawn.is_(None),
    )
    if tx.session.scalar(same):
        raise errors.AlreadyNamed(field="code")
    return _name(tx, project, Recusal(kind=RecusalKind.UNIT, unit_code=credit, unit_name=name, reason=reason))


def name_person(
    tx: Transaction,
    sealer: Sealer,
    project_id: str,
    *,
    name: str,
    reason: str,
    id_number: str | None = None,
    unit_code: str | None = None,
) -> Recusal:
    """Name a person for recusal; without an identity number a match by name will only ever raise a question.

    Raises `NotPermitted`, `ExpertInvalid` for name and number, `CreditCodeInvalid` for the employer's code.
    """
    project = _find(tx, project_id, "recusal.name")
    person = check_identity(Identity(name=name, id_number=id_number), day_of(tx.now)).identity
    credit = None if unit_code is None else check_credit_code(unit_code, "unit_code")
    recusal = Recusal(id=new_id("rcs"), kind=RecusalKind.PERSON, unit_code=credit, reason=reason)
    sealed = json.dumps([person.name, person.id_number]).ljust(SEALED_LENGTH).encode()
    recusal.person_sealed = sealer.seal(PROJECTS_KEY, sealed, person_context(recusal.id))
    return _name(tx, project, recusal)


def withdraw_recusal(tx: Transaction, recusal_id: str, *, reason: str) -> Recusal:
    """Withdraw a recusal; it stays on record. Raises `NotPermitted`, `AlreadyWithdrawn`."""
    recusal = tx.session.get(Recusal, recusal_id, with_for_update=True)
    project = _find(tx, recusal.project_id if recusal else "", "recusal.withdraw")
    if recusal is None:
        raise NotPermitted("recusal.withdraw")
    if recusal.withdrawn is not None:
        raise errors.AlreadyWithdrawn
    recusal.withdrawn, recusal.withdrawn_reason = tx.now, reason
    tx.record(RecusalWithdrawn(project=project.id, centre=project.centre_id, recusal=recusal.id, reason=reason))
    return recusal


def schedule_session(tx: Transaction, project_id: str, *, facts: SessionFacts) -> EvaluationSession:
    """Schedule a session. Raises `NotPermitted` and as `acts.schedule`."""
    return acts.schedule(tx, _find(tx, project_id, "session.schedule"), facts)


def reschedule_session(tx: Transaction, session_id: str, *, facts: SessionFacts, reason: str) -> EvaluationSession:
    """Give a session another time, place or lots. Raises `NotPermitted` and as `acts.reschedule`."""
    project, session = _find_session(tx, session_id, SessionVerb.RESCHEDULE)
    return acts.reschedule(tx, project, session, facts, reason)


def postpone_session(
    tx: Transaction, session_id: str, *, reason: str, not_before: datetime | None = None
) -> EvaluationSession:
    """Put a session off until another time is set. Raises `NotPermitted` and as `acts.postpone`."""
    _, session = _find_session(tx, session_id, SessionVerb.POSTPONE)
    return acts.postpone(tx, session, reason, not_before)


def cancel_session(tx: Transaction, session_id: str, *, reason: str) -> EvaluationSession:
    """Cancel a session for good, before its day begins. Raises `NotPermitted`, `DayBegun` and as `acts.cancel`."""
    _, session = _find_session(tx, session_id, SessionVerb.CANCEL)
    acts.refuse_begun(session)
    return acts.cancel(tx, session, reason)


def _find(tx: Transaction, project_id: str, verb: str) -> Project:
    """A project that the actor may do this to, locked. Raises `NotPermitted`."""
    project = tx.session.get(Project, project_id, with_for_update=True)
    require(tx, verb, Target() if project is None else target_of_project(tx.session, project))
    if project is None:
        raise NotPermitted(verb)
    return project


def _find_session(tx: Transaction, session_id: str, verb: SessionVerb) -> tuple[Project, EvaluationSession]:
    """A session and its project alike; the project's lock guards its sessions too."""
    of = select(EvaluationSession.project_id).where(EvaluationSession.id == session_id)
    project = _find(tx, tx.session.scalar(of) or "", verb.permission)
    return project, tx.session.get_one(EvaluationSession, session_id)


def _name(tx: Transaction, project: Project, recusal: Recusal) -> Recusal:
    recusal.project_id, recusal.centre_id, recusal.named = project.id, project.centre_id, tx.now
    tx.session.add(recusal)
    tx.session.flush()
    tx.record(
        RecusalNamed(
            project=project.id,
            centre=project.centre_id,
            recusal=recusal.id,
            named=recusal.kind.value,
            unit=recusal.unit_code,
            reason=recusal.reason,
        )
    )
    return recusal
