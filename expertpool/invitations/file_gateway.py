"""The demonstration's gateway: messages as files, for whoever plays the expert. Production settings refuse it."""

import json
from pathlib import Path
from typing import Final

from expertpool.invitations.gateway import Channel, Health, Message
from ledger.durable import replace_file


class FileGateway:
    """Writes each message into a folder, once under its id; sending it again writes the same file."""

    name: Final = "first"
    channels: Final = frozenset(Channel)

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def send(self, message: Message) -> None:
        """Write the message as JSON: id, channel, to, text, code (null where none is asked for)."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        shown = {
            "id": message.id,
            "channel": message.channel.value,
            "to": message.to,
            "text": message.text,
            "code": message.code,
        }
        replace_file(self._folder / f"{message.id}.json", json.dumps(shown, ensure_ascii=False).encode(), 0o600)

    def health(self) -> Health:
        """A folder is always well."""
        return Health(usable=True)
