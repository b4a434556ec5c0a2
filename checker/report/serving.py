"""The command `serve`: says where the page is, and serves it until it is interrupted."""

from __future__ import annotations

import socket
from contextlib import suppress

import click

from checker.refusal import UsageError

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
"""Names by which a browser on this machine may ask."""
EVERYWHERE = ("0.0.0.0", "::")


def serve_and_report(model: str, host: str, port: int) -> int:
    """Serves the page of a model until Ctrl-C; returns the exit code.

    Raises `UsageError` where the packages for it are missing or the address cannot be had, `ModelError` for a model
    that cannot be read.
    """
    try:
        import uvicorn

        from checker.serve.app import application
    except ImportError as missing:
        raise UsageError(f"{missing.name} is not installed: pip install 'failback-checker[serve]'") from None
    from checker.kept_forms import load

    app = application(load(model), model, hosts(host))
    bound = _bound(host, port)
    click.echo(f"http://{_shown(host)}:{bound.getsockname()[1]}/  (Ctrl-C ends it)")
    if _shown(host) not in LOOPBACK:
        click.echo(f"note: whoever can reach {host} can use it; it has no password", err=True)
    uvicorn.Server(uvicorn.Config(app, log_level="warning", server_header=False)).run(sockets=[bound])
    return 0


def hosts(host: str) -> tuple[str, ...]:
    """The names this server answers for: those of this machine, and what it was told to listen on.

    A server that listens everywhere answers for the machine's own name and addresses too.
    """
    names = [*LOOPBACK, _shown(host)]
    if host in EVERYWHERE:
        own = socket.gethostname()
        names += [own, socket.getfqdn()]
        with suppress(OSError):
            names += [_shown(str(found[4][0])) for found in socket.getaddrinfo(own, None)]
    return tuple(dict.fromkeys(name.lower() for name in names))


def _shown(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _bound(host: str, port: int) -> socket.socket:
    """A socket that listens already: who reads the URL and asks at once waits for the answer and is not refused."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        made = socket.socket(family, kind, protocol)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind(address)
        made.listen()
    except OSError as error:
        raise UsageError(f"cannot listen on {host}, port {port}: {error.strerror or error}") from None
    return made
