"""The gateways of an installation: who takes a message, and who takes it when that one cannot."""

from collections.abc import Iterator, Sequence

from expertpool.core.settings import Settings
from expertpool.invitations.file_gateway import FileGateway
from expertpool.invitations.gateway import Channel, Gateway


class Gateways:
    """In order of use. Names are unique: reports come back under them."""

    def __init__(self, ordered: Sequence[Gateway]) -> None:
        self._ordered = tuple(ordered)
        if len({gateway.name for gateway in self._ordered}) != len(self._ordered):
            raise ValueError("two gateways of one name")

    def __iter__(self) -> Iterator[Gateway]:
        return iter(self._ordered)

    def of(self, channel: Channel) -> tuple[Gateway, ...]:
        """Those that send on a channel: the first, then its substitutes; empty where there is none."""
        return tuple(gateway for gateway in self._ordered if channel in gateway.channels)


def open_gateways(settings: Settings) -> Gateways:
    """What the settings name. A demonstration's are files."""
    return Gateways([FileGateway(settings.draws.messages)])
