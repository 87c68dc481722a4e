"""Experts of the dump game who sign in, open their invitation and answer, beside as many who were not drawn.

All over HTTP: the web process asks a vault over its line, so that both leave what they leave.
"""

import random
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, Final

from expertpool.draws.keeping import Occupant
from expertpool.draws.models import Draw, SeatState
from expertpool.draws.queries import seats_of
from expertpool.experts.protection import Identity
from expertpool.identity.roles import Role
from expertpool.invitations.gateways import Gateways
from expertpool.vault.courier import Courier
from expertpool.vault.handlers import Handlers
from expertpool.vault.listener import Listener
from tests.draws.world import DrawWorld
from tests.vault.world import CODE, Phones

VISITORS: Final = 8
"""How many of those who were drawn sign in, and of those who were not."""
MOMENT: Final = timedelta(seconds=1)
NOBODYS: Final = "ZZZZZZZZ"
UNKNOWN: Final = "13900000000"
"""A number that nobody in the pool has."""


class Visits:
    """A vault that can be asked, and who asks it."""

    def __init__(self, world: DrawWorld, pool: Mapping[str, Identity], chance: random.Random) -> None:
        self._world = world
        self._pool = pool
        self._chance = chance
        self._sent: dict[str, list[str]] = {}
        world.site.token(Role.CENTRE_STAFF)

    def play(self, draw: Draw, drawn_once: set[str]) -> None:
        """Everybody comes in an order by chance; a moment passes between any two acts."""
        seated = {each.expert: each for each in self._world.seated(draw).values()}
        others = sorted(self._pool.keys() - seated.keys() - drawn_once)
        visitors = self._chance.sample(sorted(seated), VISITORS) + self._chance.sample(others, VISITORS)
        self._chance.shuffle(visitors)
        with self._answering():
            self._post("/me/one-time-code", {"phone": UNKNOWN})
            for number, expert in enumerate(visitors):
                self._visit(expert, seated.get(expert), number)
            self._arrive(draw, next(iter(seated.values())))
            self._arrive(draw, seated[self._chance.choice(sorted(seated))], code=NOBODYS)

    def let_in(self, draw: Draw, opens: datetime) -> None:
        """The door of the site opens: those who accepted come, in an order by chance, and one more is turned away."""
        self._world.clock.advance(opens - self._world.clock.now())
        expected = sorted(self._world.seated(draw).items())
        with self._world.session() as session:
            accepted = {seat.code for seat in seats_of(session, draw.id) if seat.state is SeatState.ACCEPTED}
        here = [occupant for seat, occupant in expected if seat in accepted]
        with self._answering(), self._world.site.service.signing():
            for occupant in self._chance.sample(here, VISITORS):
                self._arrive(draw, occupant, yes=True)
            self._arrive(draw, self._chance.choice(here), code=NOBODYS)

    def _visit(self, expert: str, invited: Occupant | None, number: int) -> None:
        """Sign in and open one's invitation; whoever has none tries somebody's code that there is not."""
        phone, address = self._pool[expert].phone, f"2001:db8::{self._chance.getrandbits(64):x}"
        assert phone is not None
        self._post("/me/one-time-code", {"phone": phone}, address)
        code = CODE.findall(self._sent[phone][-1])[0]
        if number % 4 == 0:
            wrong = f"{(int(code) + 1) % 10**6:06}"
            self._post("/me/sign-in", {"phone": phone, "code": wrong}, address, status=422)
        token = self._post("/me/sign-in", {"phone": phone, "code": code}, address)["token"]
        if invited is None:
            self._post("/me/invitations", {"code": NOBODYS}, address, token, status=422)
        else:
            self._post("/me/invitations", {"code": invited.answer_code}, address, token)
            given = {"code": invited.answer_code, "word": "accept"}
            assert self._post("/invitations/answer", given, address) == {"taken": "now"}
        listed = self._world.site.client.get("/api/v1/me/invitations", headers={"Authorization": f"Bearer {token}"})
        assert len(listed.get_json()["invitations"]) == (invited is not None)
        if number % 5 == 1:
            self._post("/me/sign-out", {}, address, token)

    def _arrive(self, draw: Draw, occupant: Occupant, *, yes: bool = False, **changed: Any) -> None:
        """Come to the sign-in desk. Hours before its door opens the answer is no, right or wrong."""
        self._world.clock.advance(MOMENT)
        given = {"site": 0, "id_number": occupant.id_number, "code": occupant.arrival_code, **changed}
        path = f"/api/v1/sessions/{draw.session_id}/arrivals"
        said = self._world.site.call("POST", path, role=Role.CENTRE_STAFF, json=given)
        assert (said.status_code in (201, 202)) is yes, said.text  # 202 where the signer is slow

    def _post(
        self, path: str, given: dict[str, Any], address: str = "2001:db8::1", token: str = "", status: int = 200
    ) -> dict[str, Any]:
        self._world.clock.advance(MOMENT)
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        said = self._world.site.client.post(
            f"/api/v1{path}", json=given, headers=headers, environ_base={"REMOTE_ADDR": address}
        )
        assert said.status_code == status, said.text
        answer: dict[str, Any] = said.get_json()
        return answer

    @contextmanager
    def _answering(self) -> Iterator[None]:
        desk, settings = self._world.desk(), self._world.site.service.settings.vault
        deliver = Courier(desk.parts, Gateways([Phones(self._sent)])).deliver  # at once: nobody waits in a test
        with Listener(settings.socket, Handlers(desk, settings, deliver).by_verb()):
            yield
