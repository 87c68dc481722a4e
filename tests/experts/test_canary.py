"""Canaries: an unusual name, identity number, phone and account are found nowhere in the clear.

Looked for in everything that a thief of the database gets: the file and its write-ahead log, a dump and the log
segments of PostgreSQL (with every statement logged), queued jobs, the ledger's entries, and what the process logs.
"""

import base64
import logging
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from sqlalchemy import make_url

from expertpool.experts import bulk, erasure, queries, service
from expertpool.experts.errors import ExpertInvalid, PersonTaken
from expertpool.experts.lifecycle import Verb
from expertpool.experts.mirror_errors import LinesWrong
from expertpool.experts.mirror_lines import put_line
from expertpool.experts.protection import Identity
from expertpool.protocol.facts import Record
from tests.experts.pool import START, PoolOffice, id_number, known_facts, make_pool
from tests.experts.province import Province, apply, register, signed
from tests.postgres import Cluster, find_binaries

CANARIES = [
    Identity("爨龘靐", id_number(777), "HN-CANARY-1", "13977700001", "6217777000000000001"),
    Identity("彧㵘燚", id_number(778), "HN-CANARY-2", "13977700002", "6217777000000000002"),
    Identity("猋骉麤", id_number(779), "HN-CANARY-3", "13977700003", "6217777000000000003"),
]
MIRRORED = Identity("飝龖鱻", id_number(780), "HN-CANARY-4", "13977700004", "6217777000000000004")
CHANGED = ("13977700009", "6217777000000000009")
GROUNDS = ("湘专库〔2026〕77号爨", "湘专库〔2026〕78号爨")
IN_THE_CLEAR = "湖南第7设计院"  # an employer's name: facts are not sealed, so the search must find it


def forms(text: str) -> set[bytes]:
    """A text as it might stand in a file: encoded, escaped, in base64, in hexadecimal."""
    data = text.encode()
    return {
        data,
        text.encode("utf-16-le"),
        text.encode("unicode_escape"),
        base64.b64encode(data)[: len(data) // 3 * 4],
        data.hex().encode(),
    }


SECRETS = {
    value: forms(value)
    for value in (
        *CHANGED,
        *GROUNDS,
        *(value for identity in (*CANARIES, MIRRORED) for value in identity if value is not None),
    )
}


def live_through(office: PoolOffice) -> None:
    """Everything that touches an identity, refusals included."""
    first, second, third = CANARIES
    facts = known_facts(7)
    expert_id = office.apply(identity=first, facts=facts)
    for refused, wrong in ((PersonTaken, first), (ExpertInvalid, second._replace(phone="1"))):
        with pytest.raises(refused):
            office.apply(identity=wrong, facts=facts)
    with office.act() as tx:
        service.take_step(tx, office.protector, expert_id, Verb.REVIEW, ground=GROUNDS[0])
    office.step(expert_id, Verb.ENROL)
    with office.act() as tx:
        service.amend_contact(tx, office.protector, expert_id, phone=CHANGED[0], account=CHANGED[1])
    with office.act() as tx:
        tx.enqueue("expert.example", {"expert": expert_id})
    enrolment = bulk.BulkEnrolment(office.engine, office.protector, office.pool, START, resolve=lambda _: None)
    enrolment.stage([enrolment.prepare(key, each, facts) for key, each in bulk.placed([second, third])])
    with pytest.raises(PersonTaken):
        enrolment.stage([enrolment.prepare("exp_again", first, facts)])
    enrolment.finish()
    with office.act() as tx:
        enrolment.publish(tx, ground=GROUNDS[1])
    with office.reading() as session:
        found = queries.find_by(session, office.protector, office.pool, "code", str(third.code))
        assert queries.identity_of(session, office.protector, found[0]) == third
        structlog.get_logger("test").info("shown", expert=repr(queries.masked(session, office.protector, found[0])))
    live_in_a_mirror(office)
    office.step(expert_id, Verb.REMOVE)
    with office.act() as tx:
        erasure.erase_contact(tx, expert_id, ground="已清退")


def live_in_a_mirror(office: PoolOffice) -> None:
    """Come from a province, be changed by it, be refused and be gone."""
    register(office)
    province, record = Province(), Record(known_facts(8, suspensions=()))
    for who in (MIRRORED, MIRRORED._replace(phone=CHANGED[0])):
        province.put((who, record))
        apply(office, province.next())
    line = put_line(MIRRORED._replace(phone="1"), record, bytes(16))
    with pytest.raises(LinesWrong):
        apply(office, signed(province.next(), lines=[line]))
    province.sent.pop()
    province.roster.clear()
    apply(office, province.next())


def search(material: dict[str, bytes]) -> set[tuple[str, str]]:
    """Which secret stands where."""
    return {
        (where, secret)
        for where, data in material.items()
        for secret, looks in SECRETS.items()
        if any(look in data for look in looks)
    }


def test_nothing_in_sqlite(sqlite_url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    office = make_pool(sqlite_url, tmp_path)
    with caplog.at_level(logging.DEBUG), caplog.at_level(logging.DEBUG, "sqlalchemy.engine"):
        live_through(office)
    material = {path.name: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()}
    material["logs"] = caplog.text.encode()
    material["entries"] = b"\n".join(office.log.entries(0, office.size))
    assert {"expertpool.db", "expertpool.db-wal", "logs"} <= material.keys()
    assert any(IN_THE_CLEAR.encode() in data for data in material.values())
    assert b"INSERT INTO experts" in material["logs"]
    assert search(material) == set()
    office.engine.dispose()


@pytest.fixture
def logging_cluster() -> Iterator[Cluster]:
    """A cluster of its own: its log segments hold nothing of other tests."""
    binaries = find_binaries()
    if binaries is None:
        pytest.skip("PostgreSQL's server programs are not installed (deploy/system-packages.sh postgresql)")
    with Cluster(binaries) as cluster:
        yield cluster


def test_nothing_in_postgresql(logging_cluster: Cluster, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    database = logging_cluster.create_database()
    url = logging_cluster.url(database)
    office = make_pool(url, tmp_path)
    live_through(office)
    binaries, home = find_binaries(), Path(str(make_url(url).query["host"]))
    assert binaries
    dump = subprocess.run(
        [binaries / "pg_dump", "--host", home, "--username", str(make_url(url).username), database],
        check=True,
        capture_output=True,
        env={**os.environ, "PGCLIENTENCODING": "UTF8"},
    ).stdout
    segments = {path.name: path.read_bytes() for path in (home / "data/pg_wal").iterdir() if path.is_file()}
    material = {"dump": dump, "server.log": (home / "server.log").read_bytes(), **segments}
    material["output"] = "".join(capfd.readouterr()).encode()
    assert IN_THE_CLEAR.encode() in dump
    assert any(IN_THE_CLEAR.encode() in data for data in segments.values())
    assert search(material) == set()
    office.engine.dispose()


def test_the_search_finds_what_is_there() -> None:
    """The control: a canary written in the clear is found in each form."""
    name = CANARIES[0].name
    for look in forms(name):
        assert search({"file": b"x" + look + b"y"}) >= {("file", name)}
