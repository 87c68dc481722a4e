"""The replayer for browsers (docs/replayer.md): its files as they stand in the folder, and all of them to take along.

Who takes the page from the centre trusts the centre with it; so the same files also work from a folder, without us.
"""

from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Final

from flask import Blueprint, Response, abort

from expertpool.audit.ledger_pages import kept
from expertpool.protocol.archive import write_archive
from expertpool.web.access import public

FOLDER: Final = Path(__file__).parent / "replayer"
TYPES: Final = {".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".LICENSE": "text/plain"}
NO_NETWORK: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; form-action 'none'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
"""Its own scripts and styles, and no connection to anywhere: what is checked stays on the reader's machine."""

blueprint = Blueprint("replayer", __name__)


@blueprint.get("/ledger/replay/")
@public
def replayer() -> Response:
    """The page."""
    return _served("index.html")


@blueprint.get("/ledger/replay/<name>")
@public
def replayer_file(name: str) -> Response:
    """A file of it."""
    return _served(name)


@blueprint.get("/ledger/replayer.zip")
@public
def replayer_archive() -> Response:
    """The folder, to be opened without a network and handed on."""
    file = BytesIO()
    write_archive(file, {f"expertpool-replayer/{name}": (data,) for name, data in files().items()})
    response = Response(file.getvalue(), content_type="application/zip")
    response.headers["Content-Disposition"] = 'attachment; filename="expertpool-replayer.zip"'
    return kept(response)


def files() -> Mapping[str, bytes]:
    """Every file of the folder by name."""
    return {path.name: path.read_bytes() for path in sorted(FOLDER.iterdir())}


def _served(name: str) -> Response:
    data = files().get(name)
    if data is None:
        abort(404)
    response = Response(data, content_type=f"{TYPES[Path(name).suffix]}; charset=utf-8")
    response.headers["Content-Security-Policy"] = NO_NETWORK
    return kept(response)
