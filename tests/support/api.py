"""A small client of the Kubernetes API over plain HTTP, for tests: it hides nothing.

It knows no kinds and no defaults; an answer is its status, its headers and its body, whatever they are. Bodies go out
as JSON that is also YAML, since an apply patch is read as YAML.
"""

import http.client
import json
import re
import ssl
import urllib.parse
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Self

from support.kubeconfig import Access

JSON_PATCH = "application/json-patch+json"
MERGE_PATCH = "application/merge-patch+json"
STRATEGIC_PATCH = "application/strategic-merge-patch+json"
APPLY_PATCH = "application/apply-patch+yaml"

Json = Any  # what JSON can hold; tests look into it freely


@dataclass(frozen=True)
class Answer:
    status: int
    body: Json
    headers: dict[str, str] = field(default_factory=dict)

    def good(self) -> Json:
        """The body; an AssertionError with the server's words when the call failed."""
        assert self.status < 300, f"{self.status}: {json.dumps(self.body)[:2000]}"
        return self.body

    def refused(self, status: int, reason: str | None) -> Json:
        """The Status body of a call that must fail so."""
        assert self.status == status, f"wanted {status} {reason}, got {self.status}: {json.dumps(self.body)[:2000]}"
        assert self.body.get("kind") == "Status", self.body
        assert self.body["status"] == "Failure"
        assert self.body["code"] == status
        assert self.body.get("reason") == reason, self.body
        return self.body


def wire(body: Json) -> bytes:
    """JSON that is YAML too: no surrogate escapes, and what YAML takes for a line break escaped."""
    text = json.dumps(body, ensure_ascii=False)
    return re.sub("[\x7f-\xa0\u2028\u2029]", lambda found: f"\\u{ord(found[0]):04x}", text).encode()


class Api:
    """Calls one server as one user."""

    def __init__(self, access: Access, seconds: float = 30) -> None:
        self.access = access
        self.seconds = seconds
        self.context = access.ssl_context()

    def connection(self, seconds: float) -> http.client.HTTPConnection:
        parts = urllib.parse.urlsplit(self.access.url)
        assert parts.hostname
        if self.context:
            return http.client.HTTPSConnection(parts.hostname, parts.port, timeout=seconds, context=self.context)
        return http.client.HTTPConnection(parts.hostname, parts.port, timeout=seconds)

    def headers(self, content_type: str | None, accept: str) -> dict[str, str]:
        headers = {"Accept": accept}
        if content_type:
            headers["Content-Type"] = content_type
        if self.access.token:
            headers["Authorization"] = f"Bearer {self.access.token}"
        return headers

    def call(
        self,
        method: str,
        path: str,
        body: Json = None,
        *,
        content_type: str = "application/json",
        accept: str = "application/json",
        raw: bytes | None = None,
        headers: dict[str, str] | None = None,
        **query: object,
    ) -> Answer:
        sent = raw if raw is not None else None if body is None else wire(body)
        all_headers = self.headers(content_type if sent is not None else None, accept) | (headers or {})
        return self.exchange(method, with_query(path, query), sent, all_headers)

    def exchange(self, method: str, target: str, sent: bytes | None, headers: dict[str, str]) -> Answer:
        """One request on a connection of its own."""
        connection = self.connection(self.seconds)
        try:
            return ask(connection, method, target, sent, headers)
        finally:
            connection.close()

    def get(self, path: str, *, accept: str = "application/json", **query: object) -> Answer:
        return self.call("GET", path, accept=accept, **query)

    def post(self, path: str, body: Json, **query: object) -> Answer:
        return self.call("POST", path, body, **query)

    def put(self, path: str, body: Json, **query: object) -> Answer:
        return self.call("PUT", path, body, **query)

    def patch(self, path: str, body: Json, content_type: str = MERGE_PATCH, **query: object) -> Answer:
        return self.call("PATCH", path, body, content_type=content_type, **query)

    def apply(self, path: str, body: Json, manager: str = "tests", *, force: bool = False, **query: object) -> Answer:
        if force:
            query["force"] = "true"
        return self.call("PATCH", path, body, content_type=APPLY_PATCH, fieldManager=manager, **query)

    def delete(self, path: str, body: Json = None, **query: object) -> Answer:
        return self.call("DELETE", path, body, **query)

    def watch(
        self, path: str, *, seconds: int = 20, accept: str = "application/json", **query: object
    ) -> Iterator[Json]:
        """Events as they come, until the server ends the stream. Close the iterator to hang up earlier."""
        connection = self.connection(seconds + 10)
        try:
            target = with_query(path, {"watch": "true", "timeoutSeconds": seconds} | query)
            connection.request("GET", target, headers=self.headers(None, accept))
            response = connection.getresponse()
            if response.status >= 300:
                yield {"type": "ERROR", "object": decoded(response.read())}
                return
            while line := response.readline():
                yield json.loads(line)
        finally:
            connection.close()


class KeptApi(Api):
    """An Api that keeps one connection, for those that ask often. Use it in a `with`, and from one thread."""

    kept: http.client.HTTPConnection | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.drop()

    def drop(self) -> None:
        if self.kept:
            self.kept.close()
            self.kept = None

    def exchange(self, method: str, target: str, sent: bytes | None, headers: dict[str, str]) -> Answer:
        reused = self.kept is not None
        self.kept = self.kept or self.connection(self.seconds)
        try:
            return ask(self.kept, method, target, sent, headers)
        except (http.client.RemoteDisconnected, ConnectionError, ssl.SSLEOFError):
            self.drop()
            if not reused:
                raise
            return self.exchange(method, target, sent, headers)  # it had idled too long for the server


def ask(
    connection: http.client.HTTPConnection, method: str, target: str, sent: bytes | None, headers: dict[str, str]
) -> Answer:
    connection.request(method, target, body=sent, headers=headers)
    response = connection.getresponse()
    content = response.read()
    return Answer(response.status, decoded(content), {k.lower(): v for k, v in response.getheaders()})


def with_query(path: str, query: dict[str, object]) -> str:
    if not query:
        return path
    return f"{path}{'&' if '?' in path else '?'}{urllib.parse.urlencode(query)}"


def decoded(content: bytes) -> Json:
    try:
        return json.loads(content)
    except ValueError:
        return content.decode(errors="replace")
