"""A process that is told to stop finishes what it is doing, then ends."""

import signal
import threading


def stop_at_signal() -> threading.Event:
    """An event that is set when the process is told to stop: by Ctrl-C, by a supervisor, by a closed terminal."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: stop.set())
    return stop
