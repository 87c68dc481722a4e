"""The registry over HTTP, and the cosignatures that agents bring."""

from base64 import b64encode
from datetime import timedelta
from typing import Any

import pytest

from expertpool.core import checkpoints
from expertpool.identity.roles import Role
from expertpool.sealing.models import KeyHolder
from ledger.checkpoint import SignedCheckpoint, parse_signed_checkpoint
from ledger.cosignature import cosign
from ledger.policy import parse_policy
from tests.ledger.signers import signer
from tests.sealing.world import Keys, World, credit_code
from tests.service import ORIGIN
from tests.website import problem_of

SECURITY, SUPERVISOR = Role.SECURITY_ADMINISTRATOR, Role.SUPERVISOR
COSIGNATURES = "/api/v1/agents/cosignatures"
CHECKPOINTS = "/api/v1/agents/checkpoints"


def stated(world: World, keys: Keys, **changes: Any) -> dict[str, Any]:
    file = b64encode(keys.file()).decode()
    return {"centre_id": world.centre.id, "name": "派驻纪检组", "outside": True, "registration": file, **changes}


def test_a_holder_is_registered_approved_listed_and_retired(world: World) -> None:
    keys = Keys(credit_code(1))
    made = world.site.call("POST", "/api/v1/holders", role=SECURITY, json=stated(world, keys))
    assert made.status_code == 202, made.text  # nobody signs here
    holder = made.get_json()
    assert holder["vrf"] == keys.registration.vrf.hex()
    assert holder["approved"] is None
    early = world.site.call("POST", f"/api/v1/holders/{holder['id']}/approval", role=SUPERVISOR)
    problem_of(early, 409, "sealing.share-not-proved")
    with world.session() as session:
        row = session.get_one(KeyHolder, holder["id"])
    world.prove(row, keys)
    approved = world.site.call("POST", f"/api/v1/holders/{holder['id']}/approval", role=SUPERVISOR)
    assert approved.get_json()["approved"] == world.clock.now().isoformat()
    listed = world.site.call("GET", "/api/v1/holders", role=SUPERVISOR).get_json()["items"]
    assert [each["id"] for each in listed] == [holder["id"]]
    path = f"/api/v1/holders/{holder['id']}/retirement"
    retired = world.site.call("POST", path, role=SECURITY, json={"reason": "更换"})
    assert retired.get_json()["retired_reason"] == "更换"


def test_the_same_idempotency_key_registers_once(world: World) -> None:
    given = stated(world, Keys(credit_code(1)))
    answers = [world.site.call("POST", "/api/v1/holders", role=SECURITY, key="k", json=given) for _ in range(2)]
    assert answers[0].get_json()["id"] == answers[1].get_json()["id"]


@pytest.mark.parametrize(
    "changes",
    [{"registration": ""}, {"registration": "?"}, {"outside": "yes"}, {"outside": 1}, {"name": ""}, {"more": 1}],
    ids=str,
)
def test_bad_input_is_refused(world: World, changes: dict[str, Any]) -> None:
    sent = world.site.call(
        "POST", "/api/v1/holders", role=SECURITY, json=stated(world, Keys(credit_code(1)), **changes)
    )
    problem_of(sent, 422, "web.invalid-input")


def test_a_registration_that_proves_nothing_is_refused(world: World) -> None:
    sent = stated(world, Keys(credit_code(1)), registration=b64encode(b"{}").decode())
    problem_of(
        world.site.call("POST", "/api/v1/holders", role=SECURITY, json=sent), 422, "sealing.registration-invalid"
    )


def test_the_vaults_key_over_http(world: World) -> None:
    good = {"public": "09" + "00" * 31}
    assert world.site.call("POST", "/api/v1/vault-key", role=SECURITY, json=good).status_code == 202
    again = world.site.call("POST", "/api/v1/vault-key", role=SECURITY, json=good)
    problem_of(again, 409, "sealing.vault-key-known")
    problem_of(world.site.call("POST", "/api/v1/vault-key", role=SUPERVISOR, json=good), 403, "web.role-refused")
    small = world.site.call("POST", "/api/v1/vault-key", role=SECURITY, json={"public": "00" * 32})
    problem_of(small, 409, "sealing.vault-key-invalid")


# Cosignatures


class Witnessed:
    """Three holders of whom any two are a quorum."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.keys = [Keys(credit_code(number)) for number in range(3)]
        self.holders = [world.enrol(keys) for keys in self.keys]
        names = "".join(f"witness w{number} {keys.cosigner.key}\n" for number, keys in enumerate(self.keys))
        self.policy = f"log {signer(ORIGIN).key}\n{names}group two 2 w0 w1 w2\nquorum two\n"
        path = world.site.service.settings.ledger.witness_policy
        assert path is not None
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(self.policy)

    def sign(self) -> SignedCheckpoint:
        while self.world.site.service.signer.step():
            pass
        found = checkpoints.latest(self.world.site.service.engine)
        assert found is not None
        return found

    def more(self) -> SignedCheckpoint:
        self.world.register(Keys(credit_code(100 + len(self.world.entries()))))
        return self.sign()

    def offered(self) -> dict[str, int | None]:
        found = self.world.site.client.get(CHECKPOINTS).get_json()
        return {
            name: None if note is None else parse_signed_checkpoint(note.encode()).size for name, note in found.items()
        }

    def cosign(self, number: int, signed: SignedCheckpoint, by: Keys | None = None) -> Any:
        made = cosign(signed, (by or self.keys[number]).cosigner, int(self.world.clock.now().timestamp()))
        note = signed.note.adding([made]).to_bytes().decode()
        return self.send(number, note)

    def send(self, number: int, note: object) -> Any:
        return self.world.ask(self.holders[number], self.keys[number], "POST", COSIGNATURES, {"checkpoint": note})


@pytest.fixture
def witnessed(world: World) -> Witnessed:
    return Witnessed(world)


def test_a_checkpoint_is_offered_until_it_has_its_quorum(witnessed: Witnessed) -> None:
    first = witnessed.sign()
    assert witnessed.offered() == {"cosigned": None, "next": first.size, "newest": first.size}
    assert witnessed.cosign(0, first).status_code == 200
    second = witnessed.more()
    assert witnessed.offered() == {"cosigned": None, "next": first.size, "newest": second.size}
    assert witnessed.cosign(1, first).status_code == 200
    assert witnessed.offered() == {"cosigned": first.size, "next": second.size, "newest": second.size}
    kept = witnessed.world.site.service.settings.ledger.cosigned.read_bytes()
    assert parse_policy(witnessed.policy.encode()).require(parse_signed_checkpoint(kept)).quorum
    assert witnessed.cosign(0, first).status_code == 200  # repeating one does no harm
    assert witnessed.cosign(2, first).status_code == 200


def test_a_checkpoint_that_waits_too_long_gives_way_to_the_newest(witnessed: Witnessed) -> None:
    first = witnessed.sign()
    witnessed.cosign(0, first)
    second = witnessed.more()
    witnessed.world.clock.advance(timedelta(seconds=59))
    assert witnessed.offered()["next"] == first.size
    witnessed.world.clock.advance(timedelta(seconds=1))
    assert witnessed.offered()["next"] == second.size


def test_a_cosignature_that_does_not_count_is_refused(witnessed: Witnessed) -> None:
    signed = witnessed.sign()
    stranger = Keys(credit_code(9))
    alone = signed.to_bytes().decode()
    problem_of(witnessed.cosign(0, signed, by=stranger), 422, "sealing.cosignature-refused")
    problem_of(witnessed.cosign(0, signed, by=witnessed.keys[1]), 422, "sealing.cosignature-refused")
    for note in (alone, "x", alone.replace(ORIGIN, "other.example/log")):
        problem_of(witnessed.send(0, note), 422, "sealing.cosignature-refused")
    good = cosign(signed, witnessed.keys[0].cosigner, 1)
    other = signed.note.to_bytes().decode().replace(f"\n{signed.size}\n", f"\n{signed.size + 1}\n")
    problem_of(witnessed.send(0, other + good.line()), 422, "sealing.cosignature-refused")
    stored = checkpoints.latest(witnessed.world.site.service.engine)
    assert stored is not None
    assert len(stored.note.signatures) == 1


def test_a_holder_that_the_policy_does_not_name_is_no_witness(witnessed: Witnessed) -> None:
    keys = Keys(credit_code(9))
    holder = witnessed.world.enrol(keys)
    made = cosign(witnessed.sign(), keys.cosigner, 1)
    signed = witnessed.sign()
    note = signed.note.adding([made]).to_bytes().decode()
    sent = witnessed.world.ask(holder, keys, "POST", COSIGNATURES, {"checkpoint": note})
    problem_of(sent, 422, "sealing.cosignature-refused")


def test_without_a_policy_no_cosignature_is_taken_and_the_newest_is_offered(witnessed: Witnessed) -> None:
    policy = witnessed.world.site.service.settings.ledger.witness_policy
    assert policy is not None
    policy.unlink()
    signed = witnessed.sign()
    problem_of(witnessed.cosign(0, signed), 409, "sealing.no-witness-policy")
    assert witnessed.offered() == {"cosigned": None, "next": signed.size, "newest": signed.size}


def test_before_the_first_checkpoint_nothing_is_offered(world: World) -> None:
    assert world.site.client.get(CHECKPOINTS).get_json() == {"cosigned": None, "next": None, "newest": None}
