"""No phone, name or code stands in rows, logs, statements or the outbox in the clear, whatever happens to a call."""

import json
from base64 import b64encode
from pathlib import Path

from sqlalchemy import event, text
from structlog.testing import capture_logs

from expertpool.core.database import Base
from expertpool.draws.contacts import contacts
from expertpool.draws.keeping import occupants
from expertpool.experts.protection import Protector
from expertpool.invitations.answering import Word
from expertpool.invitations.gateway import Channel, Outcome
from tests.draws.world import DrawWorld
from tests.invitations.calls import ANSWER_IN, Called, Provider


def spellings(secret: str) -> list[bytes]:
    """A secret as it is, as hex, as base64 at each of the three offsets, as JSON escapes it."""
    plain = secret.encode()
    coded = [b64encode(b"\0" * offset + plain)[4 if offset else 0 :].rstrip(b"=")[:-2] for offset in range(3)]
    return [plain, plain.hex().encode(), json.dumps(secret)[1:-1].encode(), *(each for each in coded if len(each) > 5)]


def everything(world: DrawWorld) -> bytes:
    """All tables as text, and the database's own files."""
    with world.session() as session:
        tables = [session.execute(text(f'SELECT * FROM "{table.name}"')).all() for table in Base.metadata.sorted_tables]
    values = [value for rows in tables for row in rows for value in row]
    said = [value if isinstance(value, bytes) else str(value).encode() for value in values]
    url = world.site.service.settings.database.url.removeprefix("sqlite:///")
    files = [path.read_bytes() for path in Path(url).parent.glob(Path(url).name + "*")]
    return b"\n".join([*said, *files])


def statements(world: DrawWorld) -> list[str]:
    """What a log of statements with their parameters has from now on."""
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, parameters: object, *_: object) -> None:
        seen.append(f"{statement} {parameters}")

    event.listen(world.site.service.engine, "before_cursor_execute", note)
    return seen


def test_no_phone_name_or_code_is_in_the_clear(world: DrawWorld) -> None:
    seen = statements(world)
    with capture_logs() as logs:
        called = Called(world, Provider(trouble="down"), Provider("second")).drawn()
        for _ in range(10):
            called.wait(ANSWER_IN / 12)
        first, second, third, fourth = (called.seat(place) for place in range(4))
        world.answer(called.code(first), Word.ACCEPT)
        world.answer(called.code(second), Word.DECLINE)
        world.answer("ZZZZZZZZ", Word.ACCEPT)
        called.go_on()
        world.answer(called.code(first), Word.LATE)
        world.answer(called.code(first), Word.LEAVE)
        world.answer(called.code(second), Word.ACCEPT)
        called.go_on()
        for at in (third, fourth):
            for channel in (Channel.VOICE, Channel.SMS):
                called.report(called.invitation(at, channel, gateway=1), Outcome.UNANSWERED, gateway="second")
        called.wait(ANSWER_IN)
        called.cancel()
    asked = "\n".join(seen).encode()
    with world.session() as session:
        people = occupants(session, world.parts().keys, called.draw.id).values()
        experts = sorted({each.expert for each in people})
        named = contacts(session, Protector(world.parts().service_keys), experts, experts, world.clock.now())
    assert len(people) >= 7
    secrets = {value for each in people for value in (each.phone, each.answer_code, each.id_number)}
    secrets |= {each.arrival_code for each in people}
    secrets |= {each.name for each in named.values()}
    secrets.discard("")
    data, log = everything(world), json.dumps(logs, default=str, ensure_ascii=False).encode()
    assert log.count(b"gateway-failed") > 3
    assert len(data) > 1_000_000
    assert len(asked) > 100_000
    short = {each for each in secrets if len(each) <= 6 and each.isdecimal()}
    for secret in secrets - short:
        for spelling in spellings(secret):
            assert spelling not in data, secret
            assert spelling not in log, secret
            assert spelling not in asked, secret
    for code in short:  # six digits stand in many a number by chance: as a word of their own they must not
        assert f'"{code}"'.encode() not in data
        assert f"'{code}'".encode() not in asked
        assert code.encode() not in log
