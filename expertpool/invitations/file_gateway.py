"""The demonstration's gateway: text messages as files, for whoever plays the expert. Not for production."""

import json
from pathlib import Path

from ledger.durable import replace_file


class MessageFolder:
    """Writes each message into a folder, once under its id; sending it again writes the same file."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __call__(self, message: str, phone: str, text: str) -> None:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        content = json.dumps({"id": message, "phone": phone, "text": text}, ensure_ascii=False)
        replace_file(self._folder / f"{message}.json", content.encode(), 0o600)
