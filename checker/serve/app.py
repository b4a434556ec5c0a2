"""The server of the page: it keeps nothing but a search; what a page shows is in its URL."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from html import escape
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware, RequestResponseEndpoint
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from checker import ir
from checker.reading import ModelError
from checker.refusal import UsageError
from checker.serve.address import Address, read
from checker.serve.search import Searches
from checker.serve.shown import Document, choices, document
from checker.serve.walk import Opener, opener, walk

PAGE = Path(__file__).parent / "page"

LONGEST_BODY = 64_000
"""Bytes of a request: an address of `LONGEST` steps is far shorter."""

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
"""The pictures bring their own styles; nothing else is inline, and nothing comes from elsewhere."""


class Refused(Exception):
    """A request that no page of this server makes; `code` is HTTP's."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


def application(model: ir.Model, reference: str, hosts: tuple[str, ...]) -> Starlette:
    """The whole server for one model; it answers only requests that name it by one of these hosts.

    A page of another site can make a browser ask this server, by a name of its own that it points here; the name it
    asks for tells (DNS rebinding).
    """
    opened, known = opener(model, reference), choices(model)

    @asynccontextmanager
    async def life(app: Starlette) -> AsyncIterator[None]:
        _at(opened, Address())
        app.state.searches = Searches(reference)
        try:
            yield
        finally:
            app.state.searches.close()

    async def index(request: Request) -> Response:
        shown = _asked(opened, request.url.query)
        page = (PAGE / "index.html").read_text(encoding="utf-8")
        start = {"choices": known, "shown": shown}
        page = page.replace("{{title}}", escape(known["title"]))
        return HTMLResponse(page.replace("{{start}}", _in_html(start)))

    async def state(request: Request) -> Response:
        return JSONResponse(_asked(opened, request.url.query))

    async def begin(request: Request) -> Response:
        if request.headers.get("content-type", "").partition(";")[0] != "application/json":
            raise Refused(415, "a search is asked for with JSON")  # which no form of another site can send
        try:
            asked = json.loads(await _body(request))
            query, goal = str(asked["query"]), str(asked["goal"])
        except (ValueError, TypeError, KeyError):
            raise Refused(400, 'a search is asked for as {"query": "...", "goal": "..."}') from None
        opened(read(query))
        return JSONResponse({"search": request.app.state.searches.begin(query, goal)})

    async def look(request: Request) -> Response:
        return JSONResponse(request.app.state.searches.look(request.path_params["number"]))

    async def cancel(request: Request) -> Response:
        searches = request.app.state.searches
        if request.path_params["number"] == searches.number:
            searches.cancel()
        return JSONResponse(searches.told)

    return Starlette(
        routes=[
            Route("/", index),
            Route("/api/state", state),
            Route("/api/search", begin, methods=["POST"]),
            Route("/api/search/{number:int}", look),
            Route("/api/search/{number:int}", cancel, methods=["DELETE"]),
            Mount("/page", StaticFiles(directory=PAGE)),
        ],
        middleware=[Middleware(_only_for(hosts))],
        exception_handlers={
            UsageError: _refusal(400),
            ModelError: _refusal(400),
            Refused: _refusal(400),
            404: _refusal(404),
            405: _refusal(405),
            500: _refusal(500),
        },
        lifespan=life,
    )


def _at(opened: Opener, address: Address) -> Document:
    other = None
    if address.other:
        theirs = read(address.other)
        other = walk(opened(theirs), theirs)
    return document(walk(opened(address), address), address, other)


def _asked(opened: Opener, query: str) -> Document:
    return _at(opened, read(query))


async def _body(request: Request) -> bytes:
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > LONGEST_BODY:
            raise Refused(413, "the request is too long")
    return body


def _in_html(value: Any) -> str:
    """JSON that no HTML parser takes for the end of its element."""
    return json.dumps(value, ensure_ascii=False).replace("<", "\\u003c").replace("&", "\\u0026")


# --- refusals -----------------------------------------------------------------------------------------------


def _refusal(code: int) -> Callable[[Request, Exception], Awaitable[Response]]:
    """Answers an exception with its message: a page to a person, JSON to the page's script."""

    async def answer(request: Request, error: Exception) -> Response:
        said = (
            str(error) if code == 400 else {404: "There is no such page.", 405: "That cannot be done here."}.get(code)
        )
        text = said or "This is a mistake in the checker; the terminal it was started in says more."
        status = error.code if isinstance(error, Refused) else code
        return _message(request, status, text)

    return answer


def _message(request: Request, status: int, text: str) -> Response:
    if request.url.path.startswith("/api/"):
        return JSONResponse({"error": text}, status, headers=HEADERS)
    page = (PAGE / "message.html").read_text(encoding="utf-8")
    return HTMLResponse(page.replace("{{message}}", escape(text)), status, headers=HEADERS)


def _only_for(hosts: tuple[str, ...]) -> type[BaseHTTPMiddleware]:
    class OnlyFor(BaseHTTPMiddleware):
        """Refuses what was addressed to another host, and adds the headers that every answer has."""

        async def dispatch(self, request: Request, call_next: RequestResponseEndpoint) -> Response:
            asked = request.headers.get("host", "")
            if _name(asked) not in hosts:
                text = f"This server does not answer for {asked!r}; it answers for {', '.join(sorted(hosts))}."
                return _message(request, 421, text)
            response = await call_next(request)
            response.headers.update(HEADERS)
            return response

    return OnlyFor


def _name(host: str) -> str:
    """The host of a Host header without its port: `localhost`, `127.0.0.1`, `[::1]`."""
    return host[: host.index("]") + 1] if host.startswith("[") and "]" in host else host.partition(":")[0].lower()
