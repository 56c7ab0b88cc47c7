from collections.abc import Mapping

import pytest

from esoctl.errors import AccessDenied, BadAnswer, ProviderError, SecretMissing, Throttled, Unavailable
from esoctl.providers.aws import faults

LABEL = "AWS/SecretsManager"
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
        ("ParameterNotFound", SecretMissing),
        ("InvalidResourceId", BadAnswer),
        ("ParameterVersionNotFound", BadAnswer),
        ("ValidationException", BadAnswer),
        ("InvalidRequestException", BadAnswer),
        ("NobodyKnowsThisOne", BadAnswer),
    ],
)
def test_a_code_decides_the_class(code: str, kind: type[ProviderError]) -> None:
    assert type(translate(Answered(code))) is kind


@pytest.mark.parametrize(
    ("status", "kind"), [(429, Throttled), (500, Unavailable), (503, Unavailable), (404, BadAnswer)]
)
def test_the_status_decides_for_an_unknown_code(status: int, kind: type[ProviderError]) -> None:
    assert type(translate(Answered("Odd", status=status))) is kind


@pytest.mark.parametrize("code", sorted(faults.TABLE))
def test_only_the_codes_of_absence_mean_absence(code: str) -> None:
    absent = {"ResourceNotFoundException", "ResourceNotFound", "ParameterNotFound"}

    assert isinstance(translate(Answered(code)), SecretMissing) is (code in absent)


@pytest.mark.parametrize("code", sorted(set(faults.TABLE) - {"ResourceNotFoundException", "ResourceNotFound"}))
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


def test_the_remedy_names_the_action_to_allow() -> None:
    assert "allow secretsmanager:GetSecretValue" in str(translate(Answered("AccessDeniedException")))


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
