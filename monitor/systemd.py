"""What systemd is told about this process: one datagram each, and nothing where nobody listens (sd_notify(3))."""

import contextlib
import os
import socket


def notify(state: str) -> None:
    """Tell the service manager ``state``, such as ``READY=1``, ``WATCHDOG=1`` or ``STOPPING=1``."""
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return
    if address.startswith("@"):
        address = "\0" + address[1:]
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sock:
        sock.sendto(state.encode(), address)
