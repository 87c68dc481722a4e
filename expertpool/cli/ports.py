"""What of this machine's ports: whether one can be listened on, whether the web process answers at it."""

import http.client
import socket

from expertpool.core.errors import Conflict


class PortInUse(Conflict):
    code = "run.port-in-use"
    zh = "端口 {port} 不可用（通常是另一个程序正在使用）。请停止那个程序，或用 --port 另选端口。"
    en = "Port {port} cannot be used; most likely another program has it. Stop that, or choose another with --port."
    port: int


def refuse_used_port(port: int) -> None:
    """Raises `PortInUse` unless 127.0.0.1:port can be listened on."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            raise PortInUse(port) from None


def answers(port: int) -> bool:
    """Whether a web process of ours answers at 127.0.0.1:port."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/healthz")
        connection.getresponse().read()
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
    return True
