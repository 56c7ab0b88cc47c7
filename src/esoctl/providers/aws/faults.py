"""AWS's errors as esoctl's: one table, code to class and remedy. Nobody else reads a ClientError.

* An error never becomes absence: only the codes marked as missing mean that a value is not there.
* Texts are stable from attempt to attempt (no request ids), carry no signed header, and never a value.
* Errors are recognised by shape and class name, so that this module loads no AWS library.

Source of the codes: the error lists of the Secrets Manager, Systems Manager, STS and KMS API references, and AWS's
"Common errors". DIFFERS: the reference shows AWS's text with its request id, which changes a condition at every retry.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from esoctl.errors import AccessDenied, BadAnswer, ProviderError, SecretMissing, Throttled, Unavailable

MISSING = "Secret does not exist"
"""The reference's words, for every provider."""

_LONGEST = 400

Class = type[ProviderError]


@dataclass(frozen=True, slots=True)
class Fault:
    """What one code means; ``own_words`` withholds AWS's text because it may quote the signed request."""

    kind: Class
    remedy: str
    own_words: bool = False


_DENIED = Fault(AccessDenied, "allow {action} on it to the identity of the store")
_KEYS = Fault(AccessDenied, "AWS does not know or accept these credentials; check the access key of the store")
_SIGNATURE = Fault(
    AccessDenied, "the signature does not match; check the secret access key and the clock of this machine", True
)
_EXPIRED = Fault(AccessDenied, "the session has expired; give the store fresh credentials")
_KMS = Fault(AccessDenied, "allow kms:Decrypt on the key of the value, and check that the key is enabled")
_SLOW = Fault(Throttled, "AWS asks for fewer calls; esoctl slows down and tries again")
_AWAY = Fault(Unavailable, "AWS reports a fault of its own; esoctl tries again")
_REQUEST = Fault(BadAnswer, "AWS does not accept the request; check the key and the version")
_GONE = Fault(SecretMissing, "")
_STRANGE = Fault(BadAnswer, "the request could not be made or its answer not be read", own_words=True)
_STATE = Fault(BadAnswer, "the secret is in a state that does not allow this; look at it in AWS")

TABLE: Mapping[str, Fault] = {
    # Denied
    "AccessDenied": _DENIED,
    "AccessDeniedException": _DENIED,
    "403": _DENIED,
    "NotAuthorized": _DENIED,
    "UnauthorizedOperation": _DENIED,
    "OptInRequired": _DENIED,
    "AuthFailure": _KEYS,
    "InvalidClientTokenId": _KEYS,
    "UnrecognizedClientException": _KEYS,
    "MissingAuthenticationToken": _KEYS,
    "MissingAuthenticationTokenException": _KEYS,
    "InvalidAccessKeyId": _KEYS,
    "SignatureDoesNotMatch": _SIGNATURE,
    "InvalidSignatureException": _SIGNATURE,
    "IncompleteSignature": _SIGNATURE,
    "IncompleteSignatureException": _SIGNATURE,
    "RequestExpired": _SIGNATURE,
    "ExpiredToken": _EXPIRED,
    "ExpiredTokenException": _EXPIRED,
    "InvalidIdentityToken": Fault(
        AccessDenied, "STS does not trust the token; check the identity provider and the audience"
    ),
    "IDPRejectedClaim": Fault(AccessDenied, "the identity provider refused the token; check audience and subject"),
    "RegionDisabledException": Fault(AccessDenied, "STS is not activated in this region; activate it or use another"),
    "PackedPolicyTooLarge": Fault(AccessDenied, "the session tags are too long; use fewer or shorter ones"),
    "MalformedPolicyDocument": _REQUEST,
    # Encryption
    "DecryptionFailure": _KMS,
    "EncryptionFailure": _KMS,
    "InvalidKeyId": _KMS,
    "KMSAccessDeniedException": _KMS,
    "KMSDisabledException": _KMS,
    "KMSInvalidStateException": _KMS,
    "KMSNotFoundException": _KMS,
    "NotFoundException": _KMS,
    "DisabledException": _KMS,
    # Too many calls
    "Throttling": _SLOW,
    "ThrottlingException": _SLOW,
    "ThrottledException": _SLOW,
    "RequestThrottled": _SLOW,
    "RequestThrottledException": _SLOW,
    "TooManyRequestsException": _SLOW,
    "RequestLimitExceeded": _SLOW,
    "BandwidthLimitExceeded": _SLOW,
    "LimitExceededException": _SLOW,
    "SlowDown": _SLOW,
    "PriorRequestNotComplete": _SLOW,
    "ProvisionedThroughputExceededException": _SLOW,
    "KMSThrottlingException": _SLOW,
    # AWS's own trouble
    "InternalFailure": _AWAY,
    "InternalError": _AWAY,
    "InternalServerError": _AWAY,
    "InternalServiceError": _AWAY,
    "InternalServiceErrorException": _AWAY,
    "ServiceUnavailable": _AWAY,
    "ServiceUnavailableException": _AWAY,
    "ServiceFailure": _AWAY,
    "DependencyTimeoutException": _AWAY,
    "KMSInternalException": _AWAY,
    "KeyUnavailableException": _AWAY,
    "IDPCommunicationError": _AWAY,
    "RequestTimeout": _AWAY,
    "RequestTimeoutException": _AWAY,
    # Positively absent
    "ResourceNotFoundException": _GONE,
    "ResourceNotFound": _GONE,
    "ParameterNotFound": _GONE,
    # The request
    "InvalidResourceId": Fault(BadAnswer, "no parameter of that name has tags; correct the key"),
    "ParameterVersionNotFound": Fault(BadAnswer, "the parameter has no such version; choose one that exists"),
    "ParameterVersionLabelLimitExceeded": _REQUEST,
    "ValidationException": _REQUEST,
    "ValidationError": _REQUEST,
    "InvalidParameterException": _REQUEST,
    "InvalidParameterValue": _REQUEST,
    "InvalidParameterCombination": _REQUEST,
    "InvalidFilterKey": _REQUEST,
    "InvalidFilterOption": _REQUEST,
    "InvalidFilterValue": _REQUEST,
    "MissingParameter": _REQUEST,
    "InvalidAction": _REQUEST,
    "UnknownOperationException": _REQUEST,
    "InvalidNextTokenException": Fault(BadAnswer, "AWS does not accept its own page token; esoctl lists again"),
    "InvalidNextToken": Fault(BadAnswer, "AWS does not accept its own page token; esoctl lists again"),
    "InvalidRequestException": _STATE,
    "PreconditionNotMetException": _STATE,
    "ResourceExistsException": _STATE,
}

# Errors of the client library, by the name of the class or of one of its ancestors.
_LOCAL: Mapping[str, Fault] = {
    "NoCredentialsError": Fault(AccessDenied, "the environment has no AWS identity; give the store an auth"),
    "PartialCredentialsError": Fault(AccessDenied, "half of an access key is missing"),
    "CredentialRetrievalError": Fault(AccessDenied, "the environment's AWS identity cannot be read"),
    "TokenRetrievalError": Fault(AccessDenied, "the environment's AWS identity cannot be read"),
    "UnauthorizedSSOTokenError": Fault(AccessDenied, "the single sign-on session has expired; log in again"),
    "SSOError": Fault(AccessDenied, "the single sign-on session cannot be used; log in again"),
    "ParamValidationError": _REQUEST,
    "ResponseParserError": Fault(BadAnswer, "the answer is not AWS's; check the region and the endpoint", True),
    "SSLError": Fault(Unavailable, "the endpoint's certificate is not accepted; check endpoint and CA bundle"),
    "HTTPClientError": Fault(Unavailable, "AWS cannot be reached; esoctl tries again"),
    "ConnectionError": Fault(Unavailable, "AWS cannot be reached; esoctl tries again"),
    "ClientError": Fault(Unavailable, "the connection to AWS broke; esoctl tries again", True),
    "BotoCoreError": Fault(BadAnswer, "the request could not be made or its answer not be read"),
    "TimeoutError": Fault(Unavailable, "AWS does not answer in time; esoctl tries again", True),
    "OSError": Fault(Unavailable, "AWS cannot be reached; esoctl tries again"),
}

_ACTIONS = {"AWS/SecretsManager": "secretsmanager", "AWS/ParameterStore": "ssm", "AWS/STS": "sts"}
_MARKED = re.compile(r"marked (?:for deletion|deleted)", re.IGNORECASE)
_REQUEST_ID = re.compile(r"[,;(]?\s*\brequest ?-?id:?\s*[0-9A-Za-z-]+\)?", re.IGNORECASE)
_SIGNED = re.compile(r"\s*(?:Credential=|X-Amz-|x-amz-|AWS4-HMAC).*", re.DOTALL)
_SECONDS = re.compile(r"[0-9]{1,6}(?:\.[0-9]{1,3})?")
_SPACE = re.compile(r"\s+")


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


def from_code(code: str, text: str, provider: str, call: str, key: str = "", *, status: int = 0) -> ProviderError:
    """The esoctl error for a code of AWS, whether it answers a whole call or one item of a batch."""
    if code == "InvalidRequestException" and _MARKED.search(text):
        return _scheduled(provider, call, key)
    fault = TABLE.get(code) or _by_status(status)
    if fault.kind is SecretMissing:
        return SecretMissing(provider, call, MISSING)
    said = "" if fault.own_words else _clean(text)
    remedy = fault.remedy.format(action=_action(provider, call))
    problem = f"{provider} {call}: {code}: {said}; {remedy}" if said else f"{provider} {call}: {code}: {remedy}"
    return fault.kind(provider, call, problem)


def _by_status(status: int) -> Fault:
    if status == 429:
        return _SLOW
    if status >= 500:
        return _AWAY
    return _REQUEST


def _scheduled(provider: str, call: str, key: str) -> ProviderError:
    # Never absence: AWS can still restore it (DIFFERS: the reference meant it as absence and lost that on the way).
    name = f"secret {key!r}" if key else "the secret"
    return BadAnswer(provider, call, f"{name} is marked for deletion in AWS; restore it, or remove what refers to it")


def empty(provider: str, call: str, key: str) -> BadAnswer:
    """For an answer of success that holds no value; taking it for absence could delete a Secret."""
    return BadAnswer(provider, call, f"{provider} {call}: the answer for {key!r} holds no value; esoctl tries again")


def code_of(error: Exception) -> str:
    """AWS's code of an error of the client library; empty when AWS did not answer."""
    answer = _answer(error)
    return "" if answer is None else answer[0]


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
    fault = next((_LOCAL[name] for name in names if name in _LOCAL), None)
    if fault is None:
        fault = _STRANGE
    said = names[0] if fault.own_words else _clean(str(error))
    return fault.kind(provider, call, f"{provider} {call}: {said}; {fault.remedy}")


def _clean(text: str) -> str:
    text = _SIGNED.sub("", text)
    text = _REQUEST_ID.sub("", text)
    text = _SPACE.sub(" ", text).strip(" .;,")
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "…"


def _action(provider: str, call: str) -> str:
    return f"{_ACTIONS.get(provider, 'aws')}:{call}"
