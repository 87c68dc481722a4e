"""A process that is told to stop finishes what it is doing, then ends."""

import signal
import threading


def stop_at_signal() -> threading.Event:
    """An event that is set when the process is told to stop: by Ctrl-C, by a supervisor, by a closed terminal.

    The last is SIGHUP on Unix, SIGBREAK on Windows, where a service is stopped by it too.
    """
    stop = threading.Event()
    for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), lambda *_: stop.set())
    return stop
