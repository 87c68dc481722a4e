"""The way of every write: one transaction, then the wait for a signed checkpoint, then an answer with its receipt.

    @blueprint.post("/things")
    @requires("thing.make")
    @blueprint.arguments(NewThing)
    @acts(ThingSchema)
    def make_thing(tx: Transaction, given: dict[str, Any]) -> Thing:
        return service.make_thing(tx, **given)

201 comes with the receipt. When the signer is late, 202 says where it will be: what is committed is never answered
with an error. A repeated request gets the first answer; its receipt is made anew and proves the same entry.
"""

import re
from collections.abc import Callable, Mapping
from functools import cache, wraps
from typing import Any, Final

import structlog
from flask import Response, json, request
from marshmallow import Schema, fields

from expertpool.core.checkpoints import NotYetSigned, receipt_at
from expertpool.core.transaction import Transaction
from expertpool.web.access import View, caller, mark
from expertpool.web.conditional import require_match
from expertpool.web.edge import edge
from expertpool.web.errors import BadIdempotencyKey
from expertpool.web.guards import content, request_id
from expertpool.web.idempotency import Answer, KeptAnswers, request_digest

ACT: Final = "act"
NOTE: Final = "note"
REPLACES: Final = "replaces"
RECEIPT_PATH: Final = "/ledger/proof/{index}"
_KEY: Final = re.compile(r"[!-~]{1,128}", re.ASCII)

log = structlog.get_logger("web")

Verb = Callable[[Transaction], Any]


def acts(schema: type[Schema], *, replaces: str = "") -> Callable[[View], View]:
    """Make a view of a function that takes the open transaction first and returns what ``schema`` writes.

    ``replaces`` is the endpoint of the read whose resource it replaces: its sender must show the tag that they have.
    """

    def decorator(function: View) -> View:
        @wraps(function)
        def view(*args: Any, **kwargs: Any) -> Response:
            def verb(tx: Transaction) -> Any:
                done = function(tx, *args, **kwargs)
                if replaces:  # after the verb, which holds the lock and refuses whoever may not even ask
                    require_match(replaces)
                return done

            return perform(schema(), verb)

        return mark(mark(view, ACT, recorded(schema)), REPLACES, value=replaces)

    return decorator


def acknowledges(schema: type[Schema]) -> Callable[[View], View]:
    """For a view that ran its own transaction, since only what it was sent says who acts.

    The view returns what ``schema`` writes and the index of the act's entry, the first one's if it was repeated.
    """

    def decorator(function: View) -> View:
        @wraps(function)
        def view(*args: Any, **kwargs: Any) -> Response:
            _idempotency_key()  # repeating does no harm here, so it is not kept, but it must have its form
            done, entry = function(*args, **kwargs)
            return _acknowledged(Answer(json.dumps(schema().dump(done)).encode(), entry))

        return mark(view, ACT, recorded(schema))

    return decorator


def notes(schema: type[Schema]) -> Callable[[View], View]:
    """As `acts`, of a write that changes no business state and so leaves no entry: a letter answered, a sheet sent."""

    def decorator(function: View) -> View:
        @wraps(function)
        def view(*args: Any, **kwargs: Any) -> Response:
            answer = _done(schema(), lambda tx: function(tx, *args, **kwargs))
            return Response(answer.body, 200, content_type="application/json")

        return mark(view, NOTE, schema)

    return decorator


def perform(schema: Schema, verb: Verb) -> Response:
    """Do it, or find that it was done, and acknowledge it."""
    return _acknowledged(_done(schema, verb))


def _done(schema: Schema, verb: Verb) -> Answer:
    parts, key = edge(), _idempotency_key()
    with parts.transactions.begin(caller().actor, token=caller().token) as tx:
        if key is None:
            answer, body = None, _write(schema, tx, verb)
        else:
            kept = KeptAnswers(tx, parts.keys, key, request_digest(request.method, request.full_path, content()))
            answer, body = kept.first(), b""
            if answer is None:
                body = _write(schema, tx, verb)
                kept.keep(body)
    return answer or Answer(body, tx.entries[-1].index if tx.entries else None)


@cache
def recorded(schema: type[Schema]) -> type[Schema]:
    """The resource as an act answers it: with its receipt."""
    name = schema.__name__.removesuffix("Schema")
    return type(f"Recorded{name}Schema", (schema, _Receipted), {})


class _Receipted(Schema):
    receipt = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "the entry and its proof (C2SP tlog-proof); null while the signer is late"},
    )
    receipt_url = fields.String(required=True, metadata={"description": "where the receipt can be fetched"})


def _write(schema: Schema, tx: Transaction, verb: Verb) -> bytes:
    done = verb(tx)
    tx.session.flush()
    return json.dumps(schema.dump(done)).encode()


def _acknowledged(answer: Answer) -> Response:
    if answer.entry is None:
        raise LookupError("an act left no entry, which is our mistake: it takes @notes")
    resource: Mapping[str, Any] = json.loads(answer.body)
    address = request.script_root + RECEIPT_PATH.format(index=answer.entry)
    receipt = _receipt(answer.entry)
    body = json.dumps({**resource, "receipt": receipt, "receipt_url": address})
    response = Response(body, 202 if receipt is None else 201, content_type="application/json")
    response.headers["Ledger-Index"] = str(answer.entry)
    response.headers["Link"] = f'<{address}>; rel="describedby"'
    return response


def _receipt(index: int) -> str | None:
    """Wait for the receipt. The act is committed, so nothing that goes wrong from here on may look like a refusal."""
    parts = edge()
    try:
        return receipt_at(parts.engine, index, parts.settings.ledger.ack_timeout_s).to_bytes().decode()
    except NotYetSigned:
        log.warning("web.signer-late", index=index, request_id=request_id())
    except Exception as error:  # noqa: BLE001 -- see above
        log.warning("web.no-receipt", index=index, kind=type(error).__name__, request_id=request_id())
    return None


def _idempotency_key() -> str | None:
    key = request.headers.get("Idempotency-Key")
    if key is not None and not _KEY.fullmatch(key):
        raise BadIdempotencyKey
    return key
