"""The server: where it listens, and how it ends."""

import logging
import os
import socket
import sys
import threading
from contextlib import suppress
from ipaddress import ip_address

import uvicorn
from fastapi import FastAPI

from daffnet_lite.errors import InputError

#: Seconds that requests have to end when the service is stopped.
GRACE = 2
#: Seconds in which all is over.
_END = 3


def listen(host: str, port: int) -> socket.socket:
    """Begin to listen.

    Args:
        host (str): A name or an address of this machine.
        port (int): The port; 0 for any that is free.

    Returns:
        socket.socket: What hears.

    Raises:
        InputError: If that is no place of this machine, or taken.
    """
    try:
        family, *_, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        return socket.create_server(address[:2], family=family)
    except OSError as error:
        raise InputError(
            f'{host}, port {port}, cannot be served ({error.strerror}): name '
            'an address of this machine by --host, and a free port by --port'
        ) from error


def address_of(listening: socket.socket) -> str:
    """Write the address that a browser takes."""
    host, port = listening.getsockname()[:2]
    return (
        f'http://[{host}]:{port}' if ':' in host else f'http://{host}:{port}'
    )


def is_loopback(listening: socket.socket) -> bool:
    """Tell whether only this machine can reach it."""
    return ip_address(listening.getsockname()[0].partition('%')[0]).is_loopback


def serve(app: FastAPI, listening: socket.socket) -> None:
    """Serve until the program is told to stop.

    Requests then have two seconds to end. What is still computed after that
    ends with the process: it has nothing on the disk to clear up.

    Args:
        app (FastAPI): The service.
        listening (socket.socket): Where it listens.
    """
    # What it fails of it says itself, and what clients do wrong it answers.
    logging.getLogger('uvicorn').setLevel(logging.CRITICAL)
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            http='h11',
            ws='none',
            lifespan='off',
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=GRACE,
        )
    )
    failed: list[BaseException] = []
    ended = threading.Event()

    def run() -> None:
        try:
            server.run([listening])
        except BaseException as error:  # is raised below
            failed.append(error)
        finally:
            ended.set()

    # Signals come to the main thread, whose tools know how to stop.
    threading.Thread(target=run, name='server', daemon=True).start()
    # An event, as joining a thread and being interrupted takes it for ended.
    with suppress(KeyboardInterrupt):
        ended.wait()
    server.should_exit = True
    ended.wait(_END)
    if failed:
        raise failed[0]
    sys.stdout.flush()
    sys.stderr.flush()
    if app.state.workplace.is_busy or not ended.is_set():
        # Python would wait for the thread, however long it takes.
        os._exit(0)
