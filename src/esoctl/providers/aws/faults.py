"""AWS's errors as esoctl's, by the table of ``codes``. Nobody else reads a ClientError.

* An error never becomes absence: only the codes marked as missing mean that a value is not there, and only from the
  service, and for the calls, that can mean it.
* A denial names the action to allow and what on, from AWS's own text where that tells, else from the call and the key.
* Texts are stable from attempt to attempt (no request ids, no times), carry no signed header, and never a value.
* Errors are recognised by shape and class name, so that this module loads no AWS library.

DIFFERS: the reference shows AWS's text with its request id, which changes a condition at every retry.
"""

import re
from collections.abc import Mapping
from datetime import datetime

from esoctl.errors import BadAnswer, BadRequest, ProviderError, SecretMissing, Throttled
from esoctl.providers.aws import codes
from esoctl.providers.aws.codes import TABLE, Fault

MISSING = "Secret does not exist"
"""The reference's words, for every provider."""

_LONGEST = 400
_STS = "AWS/STS"
_SERVICES = {"AWS/SecretsManager": "secretsmanager", "AWS/ParameterStore": "ssm", _STS: "sts"}
_SPOKEN = {"BatchGetSecretValue": "GetSecretValue", "GetParameters": "GetParameter"}
"""Whether a value is read by itself or with others differs from try to try; the text must not. The right that an item
of a batch lacks is that to the single read, too."""

_MARKED = re.compile(r"marked (?:for deletion|deleted)", re.IGNORECASE)
_REQUEST_ID = re.compile(r"[,;(]?\s*\brequest ?-?id:?\s*[0-9A-Za-z-]+\)?", re.IGNORECASE)
_SIGNED = re.compile(r"\s*(?:Credential=|Signature=|X-Amz-|x-amz-|AWS4-HMAC).*", re.DOTALL)
_SECONDS = re.compile(r"[0-9]{1,6}(?:\.[0-9]{1,3})?")
_SPACE = re.compile(r"\s+")
_ACTION = re.compile(r"not authorized to perform:? ([a-z0-9-]+:[A-Za-z*]+)", re.IGNORECASE)
_RESOURCE = re.compile(r"on resource: (\S+)")
_KEY_ARN = re.compile(r"arn:aws[a-z-]*:kms:[^\s\"',;()]+")
_KMS_SAID = re.compile(r"Access to KMS is not allowed|customer master key|\bKMS key\b", re.IGNORECASE)
_EXPRESSLY = re.compile(r"explicit deny", re.IGNORECASE)
_SKEWED = re.compile(r"([0-9]{8}T[0-9]{6}Z) is (?:now earlier|still later|later) than .*\(([0-9]{8}T[0-9]{6}Z) [-+]")
_MOMENT = "%Y%m%dT%H%M%SZ"


def translate(error: Exception, provider: str, call: str, key: str = "") -> ProviderError:
    """The esoctl error for what a call of the client library raised; ``key`` is the remote name asked for."""
    if isinstance(error, ProviderError):
        return error
    answer = _answer(error)
    if answer is None:
        return _local(error, provider, call)
    code, text, status = answer
    translated = from_code(code, text, provider, call, key, status=status)
    if isinstance(translated, Throttled):
        translated.after = _hint(error)
    return translated


def from_code(code: str, text: str, provider: str, call: str, key: str = "", *, status: int = 400) -> ProviderError:
    """The esoctl error for a code of AWS, whether it answers a whole call or one item of a batch."""
    if code == "InvalidRequestException" and _MARKED.search(text):
        return _scheduled(provider, call, key)
    fault = _fault(code, text, provider, call, status)
    if fault.kind is SecretMissing:
        return SecretMissing(provider, call, MISSING)
    said = "" if _withheld(fault, call) else _clean(text)
    remedy = _remedy(fault, text, provider, call, key)
    what = f"{provider} {_SPOKEN.get(call, call)}: {code}"
    return fault.kind(provider, call, f"{what}: {said}; {remedy}" if said else f"{what}: {remedy}")


def empty(provider: str, call: str, key: str) -> BadAnswer:
    """For an answer of success that holds no value; taking it for absence could delete a Secret."""
    return BadAnswer(provider, call, f"{provider} {call}: the answer for {key!r} holds no value; esoctl tries again")


def code_of(error: Exception) -> str:
    """AWS's code of an error of the client library; empty when AWS did not answer."""
    answer = _answer(error)
    return "" if answer is None else answer[0]


def _fault(code: str, text: str, provider: str, call: str, status: int) -> Fault:
    fault = TABLE.get(code)
    if fault is None:
        return _by_status(int(code) if code.isdecimal() and len(code) == 3 else status)
    if fault is codes.GONE:
        absent = code in codes.ABSENCE.get(provider, ()) and call not in codes.LISTS
        return fault if absent else codes.UNKNOWN
    if fault is codes.DENIED:
        return _denied(text, provider, call)
    return codes.CLOCK if _SKEWED.search(text) else fault


def _denied(text: str, provider: str, call: str) -> Fault:
    if _EXPRESSLY.search(text):
        return codes.FORBIDDEN
    if _KMS_SAID.search(text) or _action_said(text).startswith("kms:"):
        return codes.KMS_WRITE if call in codes.CARRIES_VALUE else codes.KMS
    if provider == _STS:
        return codes.WEB_TRUST if call == "AssumeRoleWithWebIdentity" else codes.TRUST
    return codes.DENIED


def _by_status(status: int) -> Fault:
    if status == 429:
        return codes.SLOW
    if status in (401, 403):
        return codes.DENIED
    return codes.AWAY if status >= 500 else codes.UNKNOWN


def _remedy(fault: Fault, text: str, provider: str, call: str, key: str) -> str:
    if fault is codes.CLOCK and (skew := _skew(text)):
        return skew
    resource = _RESOURCE.search(text)
    arn = _KEY_ARN.search(text)
    return fault.remedy.format(
        action=_action_said(text) or f"{_SERVICES.get(provider, 'aws')}:{_SPOKEN.get(call, call)}",
        resource=resource[1].rstrip(".,;") if resource else repr(key) if key else "*",
        key=f"the key {arn[0].rstrip('.')}"
        if arn
        else f"the KMS key of {key!r}"
        if key
        else "the KMS key of the value",
    )


def _action_said(text: str) -> str:
    found = _ACTION.search(text)
    return found[1] if found else ""


def _skew(text: str) -> str:
    """How wrong our clock is, in whole minutes, so that the text stays the same from try to try."""
    found = _SKEWED.search(text)
    if found is None:
        return ""
    ours, theirs = (datetime.strptime(moment, _MOMENT) for moment in found.groups())  # noqa: DTZ007 - a difference
    minutes = round((ours - theirs).total_seconds() / 60)
    where = "ahead of" if minutes > 0 else "behind"
    return f"the clock of this machine is {abs(minutes)} min {where} AWS's; set it: AWS accepts 5 min at most"


def _scheduled(provider: str, call: str, key: str) -> ProviderError:
    # Never absence: AWS can still restore it (DIFFERS: the reference meant it as absence and lost that on the way).
    name = f"secret {key!r}" if key else "the secret"
    return BadAnswer(provider, call, f"{name} is marked for deletion in AWS; restore it, or remove what refers to it")


def _answer(error: Exception) -> tuple[str, str, int] | None:
    """Code, text and HTTP status of an error that AWS answered with (botocore's ClientError carries ``response``)."""
    response: object = getattr(error, "response", None)
    if not isinstance(response, Mapping):
        return None
    said = response.get("Error")
    metadata = response.get("ResponseMetadata")
    if not isinstance(said, Mapping):
        return None
    status = metadata.get("HTTPStatusCode", 0) if isinstance(metadata, Mapping) else 0
    return str(said.get("Code", "")), str(said.get("Message", "")), status if isinstance(status, int) else 0


def _hint(error: Exception) -> float | None:
    """Seconds of a Retry-After header; AWS sends no dates there."""
    response = getattr(error, "response", {})
    hint = str(response.get("ResponseMetadata", {}).get("HTTPHeaders", {}).get("retry-after", ""))
    return float(hint) if _SECONDS.fullmatch(hint) else None


def _local(error: Exception, provider: str, call: str) -> ProviderError:
    names = [ancestor.__name__ for ancestor in type(error).__mro__]
    fault = next((codes.LIBRARY[name] for name in names if name in codes.LIBRARY), codes.STRANGE)
    said = names[0] if _withheld(fault, call) else _clean(str(error))
    return fault.kind(provider, call, f"{provider} {_SPOKEN.get(call, call)}: {said}; {fault.remedy}")


def _withheld(fault: Fault, call: str) -> bool:
    """Whether the text may quote what was sent."""
    return fault.own_words or (call in codes.CARRIES_VALUE and fault.kind in (BadRequest, BadAnswer))


def _clean(text: str) -> str:
    text = _SIGNED.sub("", text)
    text = _REQUEST_ID.sub("", text)
    text = _SPACE.sub(" ", text).strip(" .;,")
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "…"
