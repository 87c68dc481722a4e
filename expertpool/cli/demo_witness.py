"""A witness for demonstrations, in a directory of its own. A stand-in: a real one is run by an outsider elsewhere."""

import sys
from dataclasses import dataclass
from pathlib import Path

from expertpool.core.keyrings import log_signer, open_signer_keys
from expertpool.core.settings import Settings
from ledger.durable import replace_file
from ledger.note import VerifierKey
from ledger.witness_state import StateDirectory, add_log, init

NAME = "witness.invalid/demo-stand-in"
HEADING = "# Written by `expertpool run` for a demonstration: its witness is a stand-in on this machine.\n"


@dataclass(frozen=True, slots=True)
class DemoWitness:
    """The stand-in and where it will listen."""

    directory: Path
    port: int

    def arguments(self) -> list[str]:
        """The command that runs it: the very program that an outsider would run."""
        listen = ["--dir", str(self.directory), "--listen", f"127.0.0.1:{self.port}"]
        return [sys.executable, "-m", "ledger", "witness", "serve", *listen]


def prepare_demo_witness(settings: Settings, port: int) -> DemoWitness | None:
    """Make the stand-in if need be, and the policy that names it. None where the operator has a policy already."""
    policy = settings.ledger.witness_policy
    if policy is None or (policy.exists() and not policy.read_text("utf-8", "replace").startswith(HEADING)):
        return None
    with open_signer_keys(settings) as keys:
        log = log_signer(keys, settings.service.origin).key
    directory = settings.paths.var / "demo-witness"
    if not directory.exists():
        init(directory, NAME)
    key = StateDirectory(directory).signer().key
    add_log(directory, str(log))
    replace_file(policy, _policy(log, key, port).encode())
    return DemoWitness(directory, port)


def _policy(log: VerifierKey, witness: VerifierKey, port: int) -> str:
    return f"{HEADING}log {log}\nwitness demo-stand-in {witness} http://127.0.0.1:{port}\nquorum demo-stand-in\n"
