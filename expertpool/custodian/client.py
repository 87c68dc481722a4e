"""What an agent sends to its centre. Only ever outwards, over https; plain http to this machine alone."""

import http.client
import json
import urllib.error
import urllib.request
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from expertpool.custodian.errors import BadAddress, CentreAnswerBad, CentreRefused, CentreUnreachable
from expertpool.protocol.agents import Sign, authorise
from expertpool.protocol.encoding import from_base64
from expertpool.protocol.errors import ProtocolError
from ledger.checkpoint import SignedCheckpoint, parse_signed_checkpoint
from ledger.errors import LedgerError

PREFIX: Final = "/api/v1/agents"
MAX_ANSWER_BYTES: Final = 1024 * 1024
TIMEOUT_S: Final = 20
_LOOPBACK: Final = ("127.0.0.1", "::1", "localhost")


@dataclass(frozen=True, slots=True)
class Identity:
    """As whom requests are signed."""

    holder: str
    sign: Sign


@dataclass(frozen=True, slots=True)
class Task:
    """A task as it came, sealed."""

    id: str
    sealed: bytes


@dataclass(frozen=True, slots=True)
class Offered:
    """The last checkpoint with a quorum, the one to cosign next, and the newest; None where there is none."""

    cosigned: SignedCheckpoint | None
    next: SignedCheckpoint | None
    newest: SignedCheckpoint | None


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A signature is for one address; whoever sends elsewhere is not followed."""

    def redirect_request(self, *_: Any) -> None:
        return None


class Centre:
    """The centre's door for agents. ``seconds`` is the agent's clock (POSIX)."""

    def __init__(self, url: str, seconds: Callable[[], int]) -> None:
        """Raises `BadAddress`."""
        self.url = checked_address(url)
        self._seconds = seconds
        self._opener = urllib.request.build_opener(_NoRedirect)

    def offered(self) -> Offered:
        """Which checkpoints there are. Nothing in them is trusted."""
        path = f"{PREFIX}/checkpoints"
        found = self._ask("GET", path, None, None)
        return Offered(*(_checkpoint(found.get(name), path) for name in ("cosigned", "next", "newest")))

    def tasks(self, identity: Identity) -> list[Task]:
        """What waits in the mailbox."""
        path = f"{PREFIX}/tasks"
        found = self._ask("GET", path, None, identity).get("tasks")
        try:
            return [Task(str(each["id"]), from_base64(each["sealed"], "sealed")) for each in found or ()]
        except (KeyError, TypeError, ProtocolError):
            raise CentreAnswerBad(path) from None

    def answer(self, identity: Identity, sealed: Mapping[str, bytes]) -> None:
        """Send the sealed answers to tasks, by task; the centre takes all of them or none."""
        answers = [{"sealed": b64encode(each).decode(), "task": task} for task, each in sealed.items()]
        self._ask("POST", f"{PREFIX}/answers", {"answers": answers}, identity)

    def cosign(self, identity: Identity, note: bytes) -> None:
        """Send a checkpoint with the agent's cosignature."""
        self._ask("POST", f"{PREFIX}/cosignatures", {"checkpoint": note.decode()}, identity)

    def report(self, identity: Identity, statement: str, signature: str) -> None:
        """Tell of an opening without the centre."""
        self._ask("POST", f"{PREFIX}/openings", {"signature": signature, "statement": statement}, identity)

    def _ask(self, method: str, path: str, value: Any, identity: Identity | None) -> dict[str, Any]:
        """Raises `CentreUnreachable`, `CentreRefused`, `CentreAnswerBad`."""
        body = b"" if value is None else json.dumps(value).encode()
        headers = {"Accept": "application/json"}
        if value is not None:
            headers["Content-Type"] = "application/json"
        if identity is not None:
            seconds = self._seconds()
            headers["Authorization"] = authorise(identity.holder, identity.sign, method, path, body, seconds=seconds)
        request = urllib.request.Request(  # noqa: S310 -- https, or http to this machine: see `checked_address`
            self.url + path, data=body or None, headers=headers, method=method
        )
        return self._answered(request, path)

    def _answered(self, request: urllib.request.Request, path: str) -> dict[str, Any]:
        try:
            with self._opener.open(request, timeout=TIMEOUT_S) as response:
                answer = json.loads(_bounded(response.read(MAX_ANSWER_BYTES + 1), path))
        except urllib.error.HTTPError as error:
            with error:
                raise CentreRefused(path, error.code, _reason(error)) from None
        except (OSError, http.client.HTTPException) as error:
            raise CentreUnreachable(self.url, _why(error)) from None
        except ValueError:
            raise CentreAnswerBad(path) from None
        if type(answer) is not dict:
            raise CentreAnswerBad(path)
        return answer


def checked_address(url: str) -> str:
    """The address without a slash at its end. Raises `BadAddress`."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        parts.port  # noqa: B018 -- raises ValueError for a port that is none
    except ValueError:
        raise BadAddress from None
    secure = parts.scheme == "https" or (parts.scheme == "http" and host in _LOOPBACK)
    plain = url.isascii() and url.isprintable() and not set(" ?#@") & set(url)
    if not (secure and host and plain):
        raise BadAddress
    return url.rstrip("/")


def _bounded(data: bytes, path: str) -> bytes:
    if len(data) > MAX_ANSWER_BYTES:
        raise CentreAnswerBad(path)
    return data


def _checkpoint(note: object, path: str) -> SignedCheckpoint | None:
    if note is None:
        return None
    try:
        return parse_signed_checkpoint(str(note).encode())
    except LedgerError:
        raise CentreAnswerBad(path) from None


def _reason(error: urllib.error.HTTPError) -> str:
    """The stable code of a problem, where the answer is one."""
    try:
        code = json.loads(error.read(MAX_ANSWER_BYTES))["code"]
    except (OSError, ValueError, KeyError, TypeError, http.client.HTTPException):
        return "-"
    return code if isinstance(code, str) and code.isascii() and code.isprintable() and len(code) < 100 else "-"


def _why(error: OSError | http.client.HTTPException) -> str:
    reason = error.reason if isinstance(error, urllib.error.URLError) else error
    if isinstance(reason, TimeoutError):
        return "timed out"
    return (reason.strerror if isinstance(reason, OSError) else None) or type(reason).__name__
