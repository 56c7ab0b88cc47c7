"""Crash points, over real sockets: how far the request is when the process is ended there."""

import signal
import subprocess
import sys

import anyio
import pytest

from esoctl import crashing
from esoctl.crashing import Course, Point
from esoctl.errors import ClusterError
from esoctl.kube.endpoint import Endpoint
from esoctl.kube.transport import Call, Options, Transport
from esoctl.model.remote import RemoteKey
from esoctl.providers.aws.provider import Aws
from esoctl.providers.aws.session import Session, Settings
from support import aws, aws_double, stores
from support.aws_double import said
from support.scripted import DISCONNECT, HANG, Answer, serving

pytestmark = pytest.mark.wire

SECRETS = "/api/v1/namespaces/shop/secrets"
APPLY = Call("PATCH", f"{SECRETS}/db", {}, b"x" * 3000, "application/apply-patch+yaml", timeout=10, tries=1)


class Ended(ClusterError):
    """The process, in these tests."""

    def __init__(self, point: Point, what: str) -> None:
        super().__init__(0, "Ended", f"{point.number} {point.moment.value} {what}")
        self.what = what


def ending(point: Point, what: str) -> None:
    raise Ended(point, what)


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("point", "arrived"),
    [
        pytest.param("2:before", 1, id="before"),
        pytest.param("2:sent", 2, id="sent"),
        pytest.param("2:after", 2, id="after"),
    ],
)
async def test_a_request_is_as_far_as_the_point_says(point: str, arrived: int) -> None:
    course = Course(crashing.parse(point), ending)
    options = Options(draw=lambda: 0.0, requests=crashing.requests(course))
    second = HANG if point == "2:sent" else Answer(body=b"done")
    async with serving(Answer(body=b"first"), second) as server, Transport(Endpoint(server.url), options) as transport:
        await transport.request(Call("GET", SECRETS))
        with pytest.raises(Ended) as ended:
            await transport.request(APPLY)
        with anyio.move_on_after(5):
            while len(server.requests) < arrived:  # noqa: ASYNC110  the server tells nobody
                await anyio.sleep(0.01)

        assert [asked.body for asked in server.requests] == [b"", b"x" * 3000][:arrived]
        assert ended.value.what == f"PATCH {SECRETS}/db"


@pytest.mark.asyncio
async def test_every_try_of_a_call_is_a_request() -> None:
    course = Course(crashing.parse("2:before"), ending)
    options = Options(draw=lambda: 0.0, requests=crashing.requests(course))
    async with serving(DISCONNECT, Answer()) as server, Transport(Endpoint(server.url), options) as transport:
        with pytest.raises(Ended):
            await transport.request(Call("GET", SECRETS))

        assert len(server.requests) == 1


@pytest.mark.asyncio
async def test_a_stream_is_a_request_too() -> None:
    course = Course(crashing.parse("1:after"), ending)
    options = Options(draw=lambda: 0.0, requests=crashing.requests(course))
    async with serving(Answer(body=b"{}\n")) as server, Transport(Endpoint(server.url), options) as transport:
        with pytest.raises(Ended):
            async with transport.stream(Call("GET", SECRETS)):
                pytest.fail("it was ended")


@pytest.mark.asyncio
async def test_aws_is_asked_on_the_same_course() -> None:
    passed: list[str] = []
    course = Course(crashing.parse("1:after"), lambda point, what: passed.append(what))
    async with aws_double.running() as double:
        double.on("GetSecretValue", said({"ARN": "a", "Name": "db", "VersionId": "v", "SecretString": "x"}))
        settings = Settings(endpoints=aws.everywhere(double.url), batching=False, requests=crashing.requests(course))
        async with Session(settings) as session:
            backend = Aws(session).decode(stores.raw(aws.a_body()), stores.a_scope())
            keys = {"keys": {"id": b"AKIA1", "key": b"secret"}}
            async with backend.open(aws.credentials(secrets=keys)) as client:
                await client.get(RemoteKey("db"))

    assert passed == ["POST secretsmanager.GetSecretValue"]
    assert course.begin("the next") == 2


@pytest.mark.parametrize(
    ("point", "status"),
    [pytest.param("3:sent", 137, id="killed"), pytest.param("3:sent:term", -signal.SIGTERM, id="told-to-stop")],
)
def test_the_process_ends_at_its_point_and_says_so(point: str, status: int) -> None:
    program = f"""
import atexit
from esoctl import crashing
atexit.register(print, "an orderly end")
course = crashing.Course(crashing.parse({point!r}))
for number in range(1, 6):
    course.pass_by(number, crashing.Moment.SENT, "GET /x")
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout) == (status, "")
    assert done.stderr == "esoctl: crash point 3:sent reached: GET /x\n"
