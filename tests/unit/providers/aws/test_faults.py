from collections.abc import Mapping

import pytest

from esoctl.errors import AccessDenied, BadAnswer, BadRequest, ProviderError, SecretMissing, Throttled, Unavailable
from esoctl.providers.aws import codes, faults

LABEL = "AWS/SecretsManager"
PARAMETERS = "AWS/ParameterStore"
STS = "AWS/STS"
CALL = "GetSecretValue"


class Answered(Exception):
    """Shaped like the client library's error for an answer of AWS."""

    def __init__(
        self, code: str, text: str = "said", status: int = 400, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(text)
        self.response = {
            "Error": {"Code": code, "Message": text},
            "ResponseMetadata": {"HTTPStatusCode": status, "HTTPHeaders": dict(headers or {})},
        }


def translate(error: Exception, key: str = "app/db") -> ProviderError:
    return faults.translate(error, LABEL, CALL, key)


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("AccessDeniedException", AccessDenied),
        ("403", AccessDenied),
        ("UnrecognizedClientException", AccessDenied),
        ("ExpiredTokenException", AccessDenied),
        ("DecryptionFailure", AccessDenied),
        ("InvalidKeyId", AccessDenied),
        ("ThrottlingException", Throttled),
        ("TooManyRequestsException", Throttled),
        ("InternalServiceError", Unavailable),
        ("ServiceUnavailable", Unavailable),
        ("ResourceNotFoundException", SecretMissing),
        ("InvalidResourceId", BadAnswer),
        ("ParameterVersionNotFound", BadAnswer),
        ("ValidationException", BadRequest),
        ("InvalidParameterException", BadRequest),
        ("InvalidRequestException", BadAnswer),
        ("NobodyKnowsThisOne", BadAnswer),
    ],
)
def test_a_code_decides_the_class(code: str, kind: type[ProviderError]) -> None:
    assert type(translate(Answered(code))) is kind


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (429, Throttled),
        (500, Unavailable),
        (503, Unavailable),
        (404, BadAnswer),
        (401, AccessDenied),
        (403, AccessDenied),
    ],
)
def test_the_status_decides_for_an_unknown_code(status: int, kind: type[ProviderError]) -> None:
    assert type(translate(Answered("Odd", status=status))) is kind


@pytest.mark.parametrize("code", ["404", "418", "503"])
def test_a_code_that_is_a_number_is_a_status(code: str) -> None:
    assert type(translate(Answered(code))) is (Unavailable if code == "503" else BadAnswer)


@pytest.mark.parametrize("code", sorted(codes.TABLE))
@pytest.mark.parametrize("provider", [LABEL, PARAMETERS, STS])
def test_only_the_codes_of_absence_of_that_service_mean_absence(code: str, provider: str) -> None:
    absent = {
        LABEL: {"ResourceNotFoundException", "ResourceNotFound"},
        PARAMETERS: {"ParameterNotFound"},
        STS: set[str](),
    }

    error = faults.translate(Answered(code), provider, CALL, "app/db")

    assert isinstance(error, SecretMissing) is (code in absent[provider])


@pytest.mark.parametrize("call", sorted(codes.LISTS))
@pytest.mark.parametrize("code", ["ResourceNotFoundException", "ParameterNotFound"])
def test_a_list_can_miss_nothing(call: str, code: str) -> None:
    assert type(faults.translate(Answered(code), LABEL, call)) is BadAnswer


@pytest.mark.parametrize("code", sorted(codes.TABLE))
def test_every_text_says_which_call_failed_and_what_to_do(code: str) -> None:
    error = translate(Answered(code))

    assert (error.provider, error.call) == (LABEL, CALL)
    if not isinstance(error, SecretMissing):
        text = str(error)
        assert text.startswith(f"{LABEL} {CALL}: {code}: ")
        assert "; " in text or "check" in text


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("You can't perform this operation on the secret because it was marked for deletion.", id="AWS"),
        pytest.param("You tried to perform the operation on a secret that's currently marked deleted.", id="moto"),
    ],
)
def test_a_secret_marked_for_deletion_has_its_own_text_and_is_not_absent(text: str) -> None:
    error = translate(Answered("InvalidRequestException", text))

    assert type(error) is BadAnswer
    assert str(error).startswith("secret 'app/db' is marked for deletion in AWS; restore it")


@pytest.mark.parametrize(
    "said",
    [
        pytest.param("no way, request id: 1111-2222", id="the form of the older SDK"),
        pytest.param("no way, RequestID: 3333-4444,", id="the form of the newer SDK"),
        pytest.param("no way (Request ID: 5555-6666)", id="in brackets"),
        pytest.param("no way. RequestId: 7777", id="one word"),
        pytest.param("no way", id="without one"),
    ],
)
def test_request_ids_do_not_change_a_text(said: str) -> None:
    assert ": AccessDeniedException: no way; allow" in str(translate(Answered("AccessDeniedException", said)))


@pytest.mark.parametrize("code", ["SignatureDoesNotMatch", "IncompleteSignature", "InvalidSignatureException"])
def test_a_quoted_request_is_withheld(code: str) -> None:
    said = "The canonical string should have been 'x-amz-security-token:HUSH' Credential=AKIAHUSH/20260101"

    assert "HUSH" not in str(translate(Answered(code, said)))


@pytest.mark.parametrize("signed", ["Credential=AKIAHUSH/2026", "X-Amz-Security-Token: HUSH", "AWS4-HMAC-SHA256 HUSH"])
def test_signed_parts_are_cut_from_any_text(signed: str) -> None:
    text = str(translate(Answered("ValidationException", f"bad header {signed} more HUSH")))

    assert "HUSH" not in text
    assert "bad header" in text


def test_a_long_text_is_cut() -> None:
    assert len(str(translate(Answered("ValidationException", "x" * 10_000)))) < 600


AWS_DENIES = (
    "User: arn:aws:sts::123456789012:assumed-role/reader/s is not authorized to perform: {action} on resource: {arn}"
    " because no identity-based policy allows the {action} action"
)
SECRET_ARN = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:app/db-AbCdEf"
KEY_ARN = "arn:aws:kms:eu-west-1:123456789012:key/1111-2222"
ROLE = "arn:aws:iam::123456789012:role/reader"


@pytest.mark.parametrize(
    ("provider", "call", "said", "remedy"),
    [
        pytest.param(
            LABEL,
            CALL,
            AWS_DENIES.format(action="secretsmanager:GetSecretValue", arn=SECRET_ARN),
            f"allow secretsmanager:GetSecretValue on {SECRET_ARN} to the identity of the store",
            id="as AWS names them",
        ),
        pytest.param(
            LABEL, CALL, "no", "allow secretsmanager:GetSecretValue on 'app/db' to the identity of the store", id="bare"
        ),
        pytest.param(
            PARAMETERS, "GetParameter", "no", "allow ssm:GetParameter on 'app/db' to the identity", id="a parameter"
        ),
        pytest.param(
            LABEL,
            CALL,
            AWS_DENIES.format(action="kms:Decrypt", arn=KEY_ARN),
            f"allow kms:Decrypt on the key {KEY_ARN} to the identity of the store, in its policies and in the key's",
            id="the key, named",
        ),
        pytest.param(
            LABEL, CALL, "Access to KMS is not allowed", "allow kms:Decrypt on the KMS key of 'app/db'", id="the key"
        ),
        pytest.param(
            PARAMETERS,
            "GetParameter",
            "The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you"
            " are not allowed to access.",
            "allow kms:Decrypt on the KMS key of 'app/db'",
            id="the key of a parameter",
        ),
        pytest.param(
            LABEL,
            CALL,
            AWS_DENIES.format(action="secretsmanager:GetSecretValue", arn=SECRET_ARN).replace(
                "because no", "with an explicit deny in a service control policy; no"
            ),
            f"a policy denies secretsmanager:GetSecretValue on {SECRET_ARN} expressly; take that statement away",
            id="denied expressly",
        ),
        pytest.param(
            STS,
            "AssumeRole",
            AWS_DENIES.format(action="sts:TagSession", arn=ROLE),
            f"allow sts:TagSession on {ROLE} to the identity of the store, and name that identity in the role's trust",
            id="tags of a session",
        ),
        pytest.param(
            STS,
            "AssumeRoleWithWebIdentity",
            "Not authorized to perform sts:AssumeRoleWithWebIdentity",
            "let the trust policy of 'app/db' allow sts:AssumeRoleWithWebIdentity to the cluster's identity provider",
            id="a web identity",
        ),
        pytest.param(
            LABEL,
            "PutSecretValue",
            "Access to KMS is not allowed",
            "allow kms:GenerateDataKey and kms:Decrypt on the KMS key of 'app/db'",
            id="the key of a write",
        ),
    ],
)
def test_the_remedy_of_a_denial_names_the_action_and_what_on(provider: str, call: str, said: str, remedy: str) -> None:
    error = faults.translate(Answered("AccessDeniedException", said), provider, call, "app/db")

    assert type(error) is AccessDenied
    assert f"; {remedy}" in str(error)


def test_a_batch_speaks_as_the_single_read_does() -> None:
    error = faults.from_code("AccessDeniedException", "no", LABEL, "BatchGetSecretValue", "app/db")

    assert error.call == "BatchGetSecretValue"
    assert str(error) == str(translate(Answered("AccessDeniedException", "no")))


@pytest.mark.parametrize(
    ("said", "told"),
    [
        pytest.param(
            "Signature expired: 20260601T120000Z is now earlier than 20260601T121003Z (20260601T121503Z - 5 min.)",
            "the clock of this machine is 15 min behind AWS's; set it",
            id="behind",
        ),
        pytest.param(
            "Signature not yet current: 20260601T121200Z is still later than 20260601T120500Z"
            " (20260601T120000Z + 5 min.)",
            "the clock of this machine is 12 min ahead of AWS's; set it",
            id="ahead",
        ),
    ],
)
@pytest.mark.parametrize("code", ["InvalidSignatureException", "SignatureDoesNotMatch", "RequestExpired"])
def test_a_wrong_clock_is_told_by_how_much_and_without_times(code: str, said: str, told: str) -> None:
    text = str(translate(Answered(code, said)))

    assert told in text
    assert "2026" not in text


@pytest.mark.parametrize("call", sorted(codes.CARRIES_VALUE))
@pytest.mark.parametrize("code", ["ValidationException", "NobodyKnowsThisOne", "InvalidRequestException"])
def test_the_refusal_of_a_write_is_not_quoted(call: str, code: str) -> None:
    error = faults.translate(Answered(code, "Value 'hunter-2' at 'secretString' failed"), LABEL, call, "app/db")

    assert "hunter" not in str(error)


def test_a_write_that_does_not_fit_is_not_quoted() -> None:
    class ParamValidationError(BotoCoreError):
        pass

    error = faults.translate(ParamValidationError("Invalid type for SecretString: hunter-2"), LABEL, "PutSecretValue")

    assert type(error) is BadRequest
    assert "hunter" not in str(error)


def test_a_hint_to_wait_is_kept() -> None:
    error = translate(Answered("ThrottlingException", headers={"retry-after": "7"}))

    assert isinstance(error, Throttled)
    assert error.after == 7.0


@pytest.mark.parametrize("hint", ["soon", "", "-1", "nan", "Wed, 21 Oct 2026 07:28:00 GMT"])
def test_a_hint_that_is_no_number_is_none(hint: str) -> None:
    error = translate(Answered("ThrottlingException", headers={"retry-after": hint}))

    assert isinstance(error, Throttled)
    assert error.after is None


class BotoCoreError(Exception):
    """As the client library's own errors are called."""


class NoCredentialsError(BotoCoreError):
    pass


class HTTPClientError(BotoCoreError):
    pass


class EndpointConnectionError(HTTPClientError):
    pass


class ResponseParserError(BotoCoreError):
    pass


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        pytest.param(NoCredentialsError(), AccessDenied, id="no identity"),
        pytest.param(EndpointConnectionError("no route"), Unavailable, id="nobody there"),
        pytest.param(ResponseParserError("<html>"), BadAnswer, id="an answer that is no AWS answer"),
        pytest.param(BotoCoreError("odd"), BadAnswer, id="anything else of the library"),
        pytest.param(TimeoutError("slow"), Unavailable, id="a time-out"),
        pytest.param(ConnectionResetError("reset"), Unavailable, id="a broken connection"),
        pytest.param(PermissionError("no socket"), Unavailable, id="trouble of the system"),
        pytest.param(ValueError("odd"), BadAnswer, id="a stranger"),
    ],
)
def test_errors_of_the_library_are_told_by_their_names(error: Exception, kind: type[ProviderError]) -> None:
    assert type(translate(error)) is kind


def test_an_answer_that_cannot_be_parsed_is_not_quoted() -> None:
    assert "hunter" not in str(translate(ResponseParserError("invalid JSON received: hunter-2")))


def test_an_error_of_ours_passes_unchanged() -> None:
    error = AccessDenied("AWS/STS", "AssumeRole", "denied")

    assert translate(error) is error


def test_an_answer_without_a_value_is_an_error() -> None:
    assert type(faults.empty(LABEL, CALL, "app/db")) is BadAnswer
