"""The table of AWS's error codes: what each means, and what the user can do about it.

* A class decides what happens next: ``BadRequest`` waits for a change or the next refresh, everything else is tried
  again with growing pauses, ``Throttled`` also slows the limiter down. DIFFERS: the reference retries everything.
* ``SecretMissing`` is given to two codes only, and only where a read of one value can be meant.
* A code that is not here is an odd answer, tried again, and never absence.

Source of the codes: the error lists of the Secrets Manager, Systems Manager, STS and KMS API references, AWS's "Common
errors", and the codes that botocore's standard retries call throttling.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from esoctl.errors import AccessDenied, BadAnswer, BadRequest, ProviderError, SecretMissing, Throttled, Unavailable

Class = type[ProviderError]


@dataclass(frozen=True, slots=True)
class Fault:
    """What one code means; ``own_words`` withholds AWS's text because it may quote the signed request."""

    kind: Class
    remedy: str
    own_words: bool = False


DENIED = Fault(AccessDenied, "allow {action} on {resource} to the identity of the store")
FORBIDDEN = Fault(AccessDenied, "a policy denies {action} on {resource} expressly; take that statement away")
TRUST = Fault(
    AccessDenied,
    "allow {action} on {resource} to the identity of the store, and name that identity in the role's trust policy",
)
WEB_TRUST = Fault(
    AccessDenied,
    "let the trust policy of {resource} allow {action} to the cluster's identity provider, with the audience and the"
    " subject of the ServiceAccount",
)
KMS = Fault(AccessDenied, "allow kms:Decrypt on {key} to the identity of the store, in its policies and in the key's")
KMS_STATE = Fault(
    AccessDenied, "check that {key} is there and enabled, and that kms:Decrypt on it is allowed to the store"
)
KMS_WRITE = Fault(AccessDenied, "allow kms:GenerateDataKey and kms:Decrypt on {key} to the identity of the store")
CLOCK = Fault(AccessDenied, "check the clock of this machine; AWS accepts no request that is minutes off", True)
SLOW = Fault(Throttled, "AWS asks for fewer calls; esoctl slows down and tries again")
AWAY = Fault(Unavailable, "AWS reports a fault of its own; esoctl tries again")
REQUEST = Fault(BadRequest, "AWS does not accept the request; correct the key, the version or the search")
POLICY = Fault(BadRequest, "AWS does not accept the policy; correct it")
UNKNOWN = Fault(BadAnswer, "esoctl does not know this answer; it tries again")
GONE = Fault(SecretMissing, "")

_KEYS = Fault(AccessDenied, "AWS does not know or accept these credentials; check the access key of the store")
_SIGNATURE = Fault(
    AccessDenied, "the signature does not match; check the secret access key and the clock of this machine", True
)
_EXPIRED = Fault(AccessDenied, "the session has expired; give the store fresh credentials")
_STATE = Fault(BadAnswer, "the secret is in a state that does not allow this; look at it in AWS")
_QUOTA = Fault(BadAnswer, "a quota of the account is used up; remove what is not needed, or have the quota raised")
_RACE = Fault(BadAnswer, "somebody else is changing the same; esoctl tries again")
_TOKEN = Fault(BadAnswer, "AWS does not accept its own page token; esoctl lists again")
_VALUE = Fault(BadRequest, "AWS does not accept the value or its settings; correct them", True)

TABLE: Mapping[str, Fault] = {
    # Denied
    "AccessDenied": DENIED,
    "AccessDeniedException": DENIED,
    "403": DENIED,
    "NotAuthorized": DENIED,
    "UnauthorizedOperation": DENIED,
    "OptInRequired": DENIED,
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
    "RequestExpired": CLOCK,
    "RequestTimeTooSkewed": CLOCK,
    "ExpiredToken": _EXPIRED,
    "ExpiredTokenException": _EXPIRED,
    "InvalidIdentityToken": Fault(
        AccessDenied, "STS does not trust the token; check the identity provider and the audience", True
    ),
    "IDPRejectedClaim": Fault(
        AccessDenied, "the identity provider refused the token; check audience and subject", True
    ),
    "RegionDisabledException": Fault(AccessDenied, "STS is not activated in this region; activate it or use another"),
    "PackedPolicyTooLarge": Fault(BadRequest, "the session tags are too long; use fewer or shorter ones"),
    "MalformedPolicyDocument": POLICY,
    "MalformedPolicyDocumentException": POLICY,
    "PublicPolicyException": Fault(BadRequest, "the policy would make the secret public; narrow it"),
    # Encryption
    "DecryptionFailure": KMS,
    "EncryptionFailure": KMS_WRITE,
    "InvalidKeyId": KMS_STATE,
    "KMSAccessDeniedException": KMS,
    "KMSDisabledException": KMS_STATE,
    "KMSInvalidStateException": KMS_STATE,
    "KMSNotFoundException": KMS_STATE,
    "NotFoundException": KMS_STATE,
    "DisabledException": KMS_STATE,
    "InvalidCiphertextException": KMS_STATE,
    "IncorrectKeyException": KMS_STATE,
    "InvalidKeyUsageException": KMS_STATE,
    "InvalidGrantTokenException": KMS_STATE,
    "DryRunOperationException": UNKNOWN,
    # Too many calls
    "Throttling": SLOW,
    "ThrottlingException": SLOW,
    "ThrottledException": SLOW,
    "RequestThrottled": SLOW,
    "RequestThrottledException": SLOW,
    "EC2ThrottledException": SLOW,
    "TooManyRequestsException": SLOW,
    "RequestLimitExceeded": SLOW,
    "BandwidthLimitExceeded": SLOW,
    "LimitExceededException": SLOW,
    "SlowDown": SLOW,
    "PriorRequestNotComplete": SLOW,
    "ProvisionedThroughputExceededException": SLOW,
    "KMSThrottlingException": SLOW,
    "TooManyUpdates": SLOW,
    # AWS's own trouble
    "InternalFailure": AWAY,
    "InternalError": AWAY,
    "InternalServerError": AWAY,
    "InternalServiceError": AWAY,
    "InternalServiceErrorException": AWAY,
    "ServiceUnavailable": AWAY,
    "ServiceUnavailableException": AWAY,
    "ServiceFailure": AWAY,
    "DependencyTimeoutException": AWAY,
    "KMSInternalException": AWAY,
    "KeyUnavailableException": AWAY,
    "IDPCommunicationError": AWAY,
    "RequestTimeout": AWAY,
    "RequestTimeoutException": AWAY,
    "RequestAbortedException": AWAY,
    # Positively absent, where one value was asked for
    "ResourceNotFoundException": GONE,
    "ResourceNotFound": GONE,
    "ParameterNotFound": GONE,
    # Others are at it, or have been
    "TransactionInProgressException": _RACE,
    "RequestInProgressException": _RACE,
    "ResourceExistsException": _RACE,
    "ParameterAlreadyExists": _RACE,
    "ParameterLimitExceeded": _QUOTA,
    "ParameterMaxVersionLimitExceeded": _QUOTA,
    "ParameterVersionLabelLimitExceeded": _QUOTA,
    # The request
    "InvalidResourceId": Fault(BadAnswer, "no parameter of that name has tags; correct the key"),
    "ParameterVersionNotFound": Fault(BadAnswer, "the parameter has no such version; choose one that exists"),
    "ValidationException": REQUEST,
    "ValidationError": REQUEST,
    "InvalidParameterException": REQUEST,
    "InvalidParameterValue": REQUEST,
    "InvalidParameterCombination": REQUEST,
    "InvalidFilterKey": REQUEST,
    "InvalidFilterOption": REQUEST,
    "InvalidFilterValue": REQUEST,
    "InvalidResourceType": REQUEST,
    "InvalidArnException": REQUEST,
    "InvalidArgsException": REQUEST,
    "MissingParameter": REQUEST,
    "InvalidAction": REQUEST,
    "UnknownOperationException": REQUEST,
    "MalformedHttpRequestException": REQUEST,
    "RequestEntityTooLargeException": _VALUE,
    "HierarchyLevelLimitExceededException": _VALUE,
    "HierarchyTypeMismatchException": _VALUE,
    "InvalidAllowedPatternException": _VALUE,
    "ParameterPatternMismatchException": _VALUE,
    "UnsupportedParameterType": _VALUE,
    "PoliciesLimitExceededException": _VALUE,
    "InvalidPolicyTypeException": _VALUE,
    "InvalidPolicyAttributeException": _VALUE,
    "IncompatiblePolicyException": _VALUE,
    "TooManyTagsError": _VALUE,
    "InvalidNextTokenException": _TOKEN,
    "InvalidNextToken": _TOKEN,
    "InvalidRequestException": _STATE,
    "PreconditionNotMetException": _STATE,
}

ABSENCE: Mapping[str, frozenset[str]] = {
    "AWS/SecretsManager": frozenset({"ResourceNotFoundException", "ResourceNotFound"}),
    "AWS/ParameterStore": frozenset({"ParameterNotFound"}),
}
"""The codes of absence, by the service that may say so; said by another they mean something else."""

LISTS = frozenset({"ListSecrets", "DescribeParameters", "GetParametersByPath"})
"""Calls that ask for nothing by name, so that nothing can be absent."""

CARRIES_VALUE = frozenset({"CreateSecret", "PutSecretValue", "UpdateSecret", "PutParameter"})
"""Calls whose refusal may quote the value that was sent."""

LIBRARY: Mapping[str, Fault] = {
    "NoCredentialsError": Fault(AccessDenied, "the environment has no AWS identity; give the store an auth"),
    "PartialCredentialsError": Fault(AccessDenied, "half of an access key is missing"),
    "CredentialRetrievalError": Fault(AccessDenied, "the environment's AWS identity cannot be read"),
    "TokenRetrievalError": Fault(AccessDenied, "the environment's AWS identity cannot be read"),
    "UnauthorizedSSOTokenError": Fault(AccessDenied, "the single sign-on session has expired; log in again"),
    "SSOError": Fault(AccessDenied, "the single sign-on session cannot be used; log in again"),
    "ParamValidationError": REQUEST,
    "InvalidRegionError": Fault(BadRequest, "the region is none of AWS's; correct it in the store"),
    "ResponseParserError": Fault(BadAnswer, "the answer is not AWS's; check the region and the endpoint", True),
    "SSLError": Fault(Unavailable, "the endpoint's certificate is not accepted; check endpoint and CA bundle"),
    "HTTPClientError": Fault(Unavailable, "AWS cannot be reached; esoctl tries again"),
    "ConnectionError": Fault(Unavailable, "AWS cannot be reached; esoctl tries again"),
    "ClientError": Fault(Unavailable, "the connection to AWS broke; esoctl tries again", True),
    "BotoCoreError": Fault(BadAnswer, "the request could not be made or its answer not be read"),
    "TimeoutError": Fault(Unavailable, "AWS does not answer in time; esoctl tries again", True),
    "OSError": Fault(Unavailable, "AWS cannot be reached; esoctl tries again"),
}
"""Errors of the client library, by the name of the class or of one of its ancestors."""

STRANGE = Fault(BadAnswer, "the request could not be made or its answer not be read", own_words=True)
