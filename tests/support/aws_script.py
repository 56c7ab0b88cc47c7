"""What AWS is told to do wrong, call by call, whatever carries the calls: sockets or memory. It writes every call down.

A rule has an operation (``*`` is any), perhaps the remote key, the signer or the region it is for, how often it
applies and what share of the calls it takes, from a seeded source. The first rule that meets decides; a call that no
rule meets goes on to whatever stands behind: moto, or the small AWS of ``support.aws_world``.
"""

import json
import random
import re
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

import anyio

from support.aws_double import Asked, Said, failed, refused, said

Onward = Callable[[Asked], Awaitable[Said]]

THROTTLED = failed("ThrottlingException", "Rate exceeded")
DENIED = failed("AccessDeniedException", "User: arn:aws:iam::123456789012:user/u is not authorized to perform this")
BROKEN = failed("InternalServiceError", "An error occurred on the server side.", 500)
BUSY = Said(b"<html>503 Service Unavailable</html>", 503, {"Content-Type": "text/html"})
SILENT = Said(hang=3600.0)
EMPTY = Said(b"")
NO_JSON = Said(b'{"SecretString": "hunter')
PAGE = Said(b"<html><body>hunter</body></html>")
LIST = Said(b"[1, 2]")
HALF = Said(b'{"Name": "db", "SecretString": "hunter-2"}', cut=20)
BAD_TOKEN = failed("InvalidNextTokenException", "The NextToken value is invalid.")
STS_BUSY = refused("Throttling", 400)
STS_BROKEN = refused("InternalFailure", 500)
STS_DENIED = refused("AccessDenied", 403)

_SIGNED = re.compile(r"Credential=([^/]+)/[0-9]*/([^/]*)/")


class Refusal:
    """The connection is not accepted, or is closed without a word."""


REFUSED = Refusal()


@dataclass(frozen=True)
class Edited:
    """The true answer, changed."""

    change: Callable[[dict[str, object]], object]

    def of(self, answer: Said) -> Said:
        if answer.status != 200:
            return answer
        return Said(json.dumps(self.change(json.loads(answer.body))).encode(), headers=answer.headers)


Act = Said | Refusal | Edited | Callable[[Asked], Said]


@dataclass
class Rule:
    act: Act
    operation: str = "*"
    key: str = ""
    signer: str = ""
    region: str = ""
    times: int | None = None
    share: float = 1.0

    def meets(self, call: "Call") -> bool:
        return (
            self.operation in ("*", call.operation)
            and (not self.key or self.key in call.keys)
            and self.signer in ("", call.signer)
            and self.region in ("", call.region)
            and self.times != 0
        )


@dataclass
class Call:
    """One call as it arrived, and what became of it."""

    at: float
    operation: str
    parameters: Mapping[str, object] = field(repr=False)
    signer: str
    region: str
    outcome: str = ""
    """``ok``, AWS's code, or what the connection did."""

    @property
    def keys(self) -> tuple[str, ...]:
        """The remote names it asks for."""
        found: list[str] = []
        for name in ("SecretId", "Name", "ResourceId", "SecretIdList", "Names", "RoleArn", "Path"):
            value = self.parameters.get(name)
            found.extend(value if isinstance(value, list) else [str(value)] if value else [])
        return tuple(found)


class AwsRefusedError(Exception):
    """For whatever carries the call: do not answer it."""


class Script:
    """``on`` adds a rule, ``clear`` ends all faults; ``calls`` is the recording."""

    def __init__(self, seed: int = 1) -> None:
        self.calls: list[Call] = []
        self.rules: list[Rule] = []
        self._random = random.Random(seed)

    def on(self, operation: str, act: Act, **more: object) -> None:
        """A rule in front of those there are."""
        self.rules.insert(0, Rule(act, operation, **more))  # type: ignore[arg-type]

    def clear(self) -> None:
        self.rules.clear()

    async def answer(self, asked: Asked, onward: Onward) -> Said:
        """Raises AwsRefusedError; the carrier plays ``hang`` and ``cut``."""
        signer, region = signed(asked)
        call = Call(anyio.current_time(), asked.operation, asked.parameters, signer, region, "refused")
        self.calls.append(call)
        rule = self._rule(call)
        if rule is None:
            answer = await onward(asked)
        elif isinstance(rule.act, Refusal):
            raise AwsRefusedError
        elif isinstance(rule.act, Edited):
            answer = rule.act.of(await onward(asked))
        else:
            answer = rule.act if isinstance(rule.act, Said) else rule.act(asked)
        call.outcome = _outcome(answer)
        return answer

    def count(self, *operations: str, since: float = 0.0, key: str = "", signer: str = "") -> int:
        return len(self.those(*operations, since=since, key=key, signer=signer))

    def those(self, *operations: str, since: float = 0.0, key: str = "", signer: str = "") -> list[Call]:
        return [
            call
            for call in self.calls
            if (not operations or call.operation in operations)
            and call.at >= since
            and (not key or key in call.keys)
            and signer in ("", call.signer)
        ]

    def most_in_a_second(self, *operations: str, since: float = 0.0, until: float = float("inf")) -> int:
        """The most calls that began within one second of the recording."""
        seconds = Counter(int(call.at) for call in self.those(*operations, since=since) if call.at < until)
        return max(seconds.values(), default=0)

    def _rule(self, call: Call) -> Rule | None:
        for rule in self.rules:
            if rule.meets(call) and (rule.share >= 1.0 or self._random.random() < rule.share):
                if rule.times is not None:
                    rule.times -= 1
                return rule
        return None


def signed(asked: Asked) -> tuple[str, str]:
    """The access key id that signed, and the region it signed for; empty without a signature."""
    found = _SIGNED.search(asked.headers.get("authorization", ""))
    return (found[1], found[2]) if found else ("", "")


def without_values(answer: dict[str, object]) -> dict[str, object]:
    """An answer that lacks both kinds of value."""
    return {name: value for name, value in answer.items() if name not in ("SecretString", "SecretBinary")}


def with_errors(code: str, *keys: str, text: str = "said") -> Edited:
    """A batch answer in which those keys (all of them without any) are errors."""

    def change(answer: dict[str, object]) -> dict[str, object]:
        values: list[dict[str, object]] = answer["SecretValues"]  # type: ignore[assignment]
        hit = [item["Name"] for item in values if not keys or item["Name"] in keys]
        errors = [{"SecretId": name, "ErrorCode": code, "Message": text} for name in hit]
        return answer | {"SecretValues": [item for item in values if item["Name"] not in hit], "Errors": errors}

    return Edited(change)


def endless(field_name: str) -> Said:
    """An empty page whose token is always the same."""
    return said({field_name: [], "NextToken": "again"})


def growing(field_name: str) -> Callable[[Asked], Said]:
    """Empty pages whose tokens never end and never repeat."""
    return lambda asked: said({field_name: [], "NextToken": f"{asked.parameters.get('NextToken', '')}x"[-1500:] + "y"})


def skewed(text: str) -> Said:
    """What AWS says to a request whose clock is wrong."""
    return failed("InvalidSignatureException", text, 403)


def _outcome(answer: Said) -> str:
    if answer.hang:
        return "silent"
    if answer.cut is not None:
        return "cut"
    if answer.status == 200:
        return "ok"
    try:
        return str(json.loads(answer.body).get("__type", answer.status))
    except ValueError:
        return str(answer.status)
