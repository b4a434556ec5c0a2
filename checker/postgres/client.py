"""A client of its own: one statement in a session of its own, in a thread, which may have to wait for its answer."""

from __future__ import annotations

import threading
from typing import Any

import psycopg

from checker.postgres.node import Node
from checker.postgres.node_socket import PORT


class Client:
    """Begins at once, in `session` if it is given one.

    `answered` turns true when the server has said that the statement and its commit are done, `ended` when it is over.
    """

    def __init__(self, node: Node, sql: str, session: psycopg.Connection[Any] | None = None) -> None:
        self.answered = False
        self.ended = False
        self.error = ""
        self._socket = str(node.socket)
        self._sql = sql
        self._session = session
        self._thread = threading.Thread(target=self._execute, daemon=True)
        self._thread.start()

    def join(self, seconds: float = 10) -> None:
        """Waits for the end of the session; the server's end ends it."""
        self._thread.join(seconds)

    def _execute(self) -> None:
        try:
            if self._session is not None:
                self._answer(self._session)
                return
            with psycopg.connect(
                host=self._socket, port=PORT, user="postgres", dbname="postgres", autocommit=True
            ) as connection:
                self._answer(connection)
        except psycopg.Error as error:
            self.error = str(error)
        finally:
            self.ended = True

    def _answer(self, connection: psycopg.Connection[Any]) -> None:
        notices: list[str] = []
        connection.add_notice_handler(lambda notice: notices.append(notice.message_primary or ""))
        connection.execute(self._sql)
        # "canceling wait for synchronous replication" comes as a warning: such a commit was not promised
        self.answered = not notices
