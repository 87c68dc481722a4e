"""The public read path: what it serves verifies, what no checkpoint covers is not there, what never changes is kept."""

import gzip
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from werkzeug.serving import make_server

from expertpool.core.ledger_store import SqlLog
from expertpool.identity import service as identity
from expertpool.identity.roles import Role
from ledger.checkpoint import parse_signed_checkpoint
from ledger.receipt import parse_receipt
from ledger.tiles import Tile, bundle, bundles_of, split_bundle, tiles_of
from ledger.verify import Known, verify
from tests.website import Website, problem_of


def grow(site: Website, count: int, name: str = "more") -> None:
    """Add entries; nobody has signed for them yet."""
    with site.service.transactions.begin(site.actors[Role.SECURITY_ADMINISTRATOR].id) as tx:
        for number in range(count):
            identity.register_actor(tx, code=f"{name}-{number}", role=Role.CENTRE_STAFF, centre_id=site.centre.id)


@contextmanager
def listening(site: Website) -> Iterator[str]:
    """The address of the ledger on a live server."""
    server = make_server("127.0.0.1", 0, site.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/ledger"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_an_outsider_verifies_what_is_served(either_site: Website) -> None:
    """Over HTTP as anybody would: the verdict, the size and the root are those of the database."""
    site = either_site
    grow(site, 600)
    site.service.signer.step()
    early = parse_signed_checkpoint(site.client.get("/ledger/checkpoint").data)
    grow(site, 50, "later")
    site.service.signer.step()
    site.service.cosign()
    grow(site, 3, "unsigned")
    with listening(site) as address:
        report = verify(address, policy=site.service.policy, known=[Known("kept", early)])
    head = SqlLog(site.service.engine).head()
    assert (report.verdict, report.findings, report.known) == ("proven", [], ["kept"])
    assert report.signed.size == head.size - 3
    assert report.trust is not None
    assert list(report.trust.cosigners) == ["市公证处"]


def test_what_nobody_signed_for_is_not_there(either_site: Website) -> None:
    site = either_site
    for path in ("/ledger/checkpoint", "/ledger/tile/0/000.p/1", "/ledger/tile/entries/000.p/1", "/ledger/proof/0"):
        problem_of(site.client.get(path), 404, "ledger.no-checkpoint")
    site.service.signer.step()
    size = SqlLog(site.service.engine).head().size
    grow(site, 1)
    for path in (f"tile/0/000.p/{size}", f"tile/entries/000.p/{size}", f"proof/{size - 1}"):
        assert site.client.get(f"/ledger/{path}").status_code == 200
    for path in (f"tile/0/000.p/{size + 1}", f"tile/entries/000.p/{size + 1}", f"proof/{size}"):
        assert problem_of(site.client.get(f"/ledger/{path}"), 404, "ledger.not-covered")["params"] == {"size": size}
    assert parse_signed_checkpoint(site.client.get("/ledger/checkpoint").data).size == size


def test_the_unsigned_tail_stays_hidden_where_it_would_fill_a_tile(site: Website) -> None:
    grow(site, 255 - SqlLog(site.service.engine).head().size)
    site.service.signer.step()
    grow(site, 1, "last")
    for path in ("tile/0/000", "tile/entries/000", "tile/1/000.p/1"):
        problem_of(site.client.get(f"/ledger/{path}"), 404, "ledger.not-covered")
    site.service.signer.step()
    for path in ("tile/0/000", "tile/entries/000", "tile/1/000.p/1"):
        assert site.client.get(f"/ledger/{path}").status_code == 200


def test_every_tile_of_the_tree_is_served(site: Website) -> None:
    grow(site, 600)
    site.service.signer.step()
    log = SqlLog(site.service.engine)
    size = log.head().size
    for tile in (*tiles_of(size), *bundles_of(size), Tile(0, 1, 7), bundle(0, 200)):
        answer = site.client.get(f"/ledger/{tile.path}")
        assert answer.status_code == 200
        assert answer.data == log.tile(tile)
        assert answer.content_type == "application/octet-stream"
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert split_bundle(site.client.get("/ledger/tile/entries/001").data, bundle(1)) == log.entries(256, 512)


@pytest.mark.parametrize(
    "address",
    [
        "tile/0/000.p/0",
        "tile/0/000.p/256",
        "tile/0/0",
        "tile/00/000",
        "tile/64/000",
        "tile/0/x000/000",
        "tile/-1/000",
        "tile/entries/000.p/001",
        "tile/entries/",
        "tile/0/000/",
        "tile/0/../0/000.p/1",
        "tile/0/٠٠٠",
    ],
)
def test_addresses_that_are_none(site: Website, address: str) -> None:
    site.service.signer.step()
    answer = site.client.get(f"/ledger/{address}")
    assert answer.get_json()["code"] in ("ledger.no-such-tile", "web.not-found")
    assert answer.status_code == 404


@pytest.mark.parametrize(
    "address", ["tile/0/x999/x999/x999/x999/x999/x999/999", "tile/63/000.p/1", "tile/7/000.p/1", f"proof/{10**30}"]
)
def test_places_far_beyond_the_tree(either_site: Website, address: str) -> None:
    either_site.service.signer.step()
    problem_of(either_site.client.get(f"/ledger/{address}"), 404, "ledger.not-covered")


def test_bundles_are_compressed_for_those_who_take_it(site: Website) -> None:
    grow(site, 200)
    site.service.signer.step()
    plain = site.client.get("/ledger/tile/entries/000.p/200")
    small = site.client.get("/ledger/tile/entries/000.p/200", headers={"Accept-Encoding": "gzip, br"})
    never = site.client.get("/ledger/tile/entries/000.p/200", headers={"Accept-Encoding": "gzip;q=0"})
    assert small.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(small.data) == plain.data == never.data
    assert len(small.data) < 0.6 * len(plain.data)
    assert "Content-Encoding" not in plain.headers
    assert plain.headers["Vary"] == small.headers["Vary"] == "Accept-Encoding"
    assert plain.headers["ETag"] != small.headers["ETag"]
    hashes = site.client.get("/ledger/tile/0/000.p/200", headers={"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in hashes.headers  # hashes do not shrink


def test_the_checkpoint_is_asked_for_again_soon(site: Website) -> None:
    site.service.signer.step()
    first = site.client.get("/ledger/checkpoint")
    assert first.headers["Cache-Control"] == "public, max-age=2"
    assert first.content_type == "text/plain; charset=utf-8"
    same = {"If-None-Match": first.headers["ETag"]}
    unchanged = site.client.get("/ledger/checkpoint", headers=same)
    assert (unchanged.status_code, unchanged.data) == (304, b"")
    site.service.cosign()
    cosigned = site.client.get("/ledger/checkpoint", headers=same)
    assert cosigned.status_code == 200
    assert len(cosigned.data) > len(first.data)


def test_a_tile_that_is_there_is_not_sent_again(site: Website) -> None:
    site.service.signer.step()
    first = site.client.get("/ledger/tile/0/000.p/7")
    again = site.client.get("/ledger/tile/0/000.p/7", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_a_receipt_is_a_file_that_proves_its_entry(either_site: Website) -> None:
    site = either_site
    site.service.signer.step()
    site.service.cosign()
    for index in range(SqlLog(site.service.engine).head().size):
        answer = site.client.get(f"/ledger/proof/{index}")
        assert answer.headers["Content-Disposition"] == f'inline; filename="{index}.tlog-proof"'
        entry, trust = parse_receipt(answer.data).check(site.service.policy)
        assert (entry.index, trust.quorum) == (index, True)


def test_verifiers_on_other_sites_may_read(site: Website) -> None:
    site.service.signer.step()
    for path, origin in (("/ledger/checkpoint", "*"), ("/ledger/tile/x", "*"), ("/api/v1/me", None), ("/", None)):
        assert site.client.get(path).headers.get("Access-Control-Allow-Origin") == origin


def test_nobody_needs_an_account_and_none_is_looked_up(site: Website) -> None:
    site.service.signer.step()
    assert site.client.get("/ledger/checkpoint", headers={"Authorization": "Bearer nonsense"}).status_code == 200


def test_what_is_served_has_no_names(site: Website) -> None:
    site.service.signer.step()
    size = SqlLog(site.service.engine).head().size
    served = site.client.get(f"/ledger/tile/entries/000.p/{size}").data.decode("utf-8", "replace")
    for hidden in ("长沙", "Changsha", "csggzy", site.tokens[Role.SYSTEM_ADMINISTRATOR].split("_", 2)[2]):
        assert hidden not in served
