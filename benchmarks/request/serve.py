"""One variant of the portal in a process of its own: serves pages on command, and measures.

Reads commands from stdin, a JSON object a line, and answers each with one on stdout.
"""

import gc
import io
import itertools
import json
import sys
import time
from collections.abc import Callable
from http.cookies import SimpleCookie
from typing import Any

import django

CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/142.0.0.0 Safari/537.36"
)


class Portal:
    """The site, asked through its WSGI application, as a server does."""

    def __init__(self) -> None:
        from django.core.wsgi import get_wsgi_application

        self.application = get_wsgi_application()
        self.paths, self.cookies = _prepare()

    def get(self, who: str) -> tuple[str, SimpleCookie, bytes]:
        """One page as ``member`` or ``anonymous``: status line, new cookies, body."""
        answer: dict[str, Any] = {}
        response = self.application(self._environ(who), _start(answer))
        body = b"".join(response)
        response.close()
        return answer["status"], answer["cookies"], body

    def _environ(self, who: str) -> dict[str, Any]:
        return {
            "REQUEST_METHOD": "GET",
            "PATH_INFO": self.paths[who],
            "SCRIPT_NAME": "",
            "QUERY_STRING": "",
            "SERVER_NAME": "portal.example",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "HTTP_HOST": "portal.example",
            "HTTP_USER_AGENT": CHROME,
            "HTTP_ACCEPT_LANGUAGE": "ja,en;q=0.8",
            "HTTP_COOKIE": self.cookies if who == "member" else "",
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(),
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": False,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
        }

    def measure(self, who: str, requests: int) -> dict[str, Any]:
        """CPU seconds of this process for each request, the collector's work included.

        Not for the first one: it finds the processor's caches full of somebody else's things.
        """
        gc.collect()
        self.get(who)
        moments = [time.process_time()]
        for _ in range(requests):
            self.get(who)
            moments.append(time.process_time())
        return {"cpu": [after - before for before, after in itertools.pairwise(moments)]}

    def look(self, who: str) -> dict[str, Any]:
        """What one request, not the first, asks the database and leaves behind."""
        from django.db import connection
        from django.test.utils import CaptureQueriesContext

        self.get(who)
        with CaptureQueriesContext(connection) as captured:
            status, cookies, body = self.get(who)
        return {
            "status": status,
            "queries": len(captured),
            "cookies": sorted(cookies),
            "offers": body.count(b"An offer") + body.count(b"For members"),
            "bytes": len(body),
        }


def _start(answer: dict[str, Any]) -> Callable[..., None]:
    def start_response(status: str, headers: list[tuple[str, str]], *rest: Any) -> None:
        answer["status"] = status
        answer["cookies"] = SimpleCookie()
        for name, value in headers:
            if name == "Set-Cookie":
                answer["cookies"].load(value)

    return start_response


def _prepare() -> tuple[dict[str, str], str]:
    """Tables, pages, segments, a member who is logged in: who reads which path, her cookies."""
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore
    from django.core.management import call_command

    from benchmarks.portal import content
    from benchmarks.request.audiences import prepare

    call_command("migrate", verbosity=0)
    user, pages = content.make_member(), content.make_pages()
    for page, offers in zip(pages, prepare(user, pages[0]), strict=True):
        content.fill(page, offers)
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    paths = {who: page.url for who, page in zip(("member", "anonymous"), pages, strict=True)}
    return paths, f"sessionid={session.session_key}"


def main() -> None:
    django.setup()
    portal = Portal()
    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        command = json.loads(line)
        answer = getattr(portal, command.pop("do"))(**command)
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
