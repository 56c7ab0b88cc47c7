"""F57: the operator runs out of file descriptors, names are not resolved, its root is read-only, its disk is full.

What needs another view of the file system runs in a mount namespace of its own, for which the test must be root.
"""

import contextlib
import os
import pathlib
import resource
import shutil
import time
import urllib.parse
from collections.abc import Iterator

import pytest

from support.faults.process import Process
from support.faults.stage import Stage
from support.operator import ESOCTL

BOUND = 60.0
ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount"
TICKS = os.sysconf("SC_CLK_TCK")
NAMESPACES = pytest.mark.skipif(
    os.geteuid() != 0 or shutil.which("unshare") is None, reason="a mount namespace needs root, and unshare"
)


def processor_seconds(pid: int) -> float:
    user, system = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[11:13]
    return (int(user) + int(system)) / TICKS


@contextlib.contextmanager
def no_spin(stage: Stage, share: float = 0.5) -> Iterator[None]:
    """In the block the operator takes less than that share of a processor."""
    began, used = time.monotonic(), processor_seconds(stage.operator.pid)
    yield
    spent = (processor_seconds(stage.operator.pid) - used) / (time.monotonic() - began)
    print(f"{spent:.0%} of a processor")
    assert spent < share


@contextlib.contextmanager
def in_a_place(stage: Stage, commands: str, *flags: str, aws_url: str = "", **env: str) -> Iterator[Process]:
    """The operator in a mount namespace, for which these commands are run first."""
    process, before = stage.operator, (stage.operator.program, stage.operator.aws_url)
    process.stop()
    process.program = ("unshare", "--mount", "sh", "-ec", f'{commands}\nexec "$@"', "sh", ESOCTL)
    process.aws_url = aws_url or process.aws_url
    try:
        process.start(*flags, env=env)
        yield process
    finally:
        if process.alive():
            process.stop()
        process.program, process.aws_url = before


@pytest.mark.quick
def test_F57_without_file_descriptors_it_fails_softly_and_recovers(stage: Stage) -> None:
    room = stage.room()
    room.put(db="one")
    room.synced()
    pid = stage.operator.pid
    before = resource.prlimit(pid, resource.RLIMIT_NOFILE)

    resource.prlimit(pid, resource.RLIMIT_NOFILE, (8, before[1]))
    try:
        stage.aws.down()
        stage.aws.up()
        room.put(db="two")
        room.force()
        with no_spin(stage):
            time.sleep(15)
        assert room.data() == {"password": b"one"}
        assert stage.operator.alive()
    finally:
        resource.prlimit(pid, resource.RLIMIT_NOFILE, before)

    stage.check(bound=BOUND, late=None)
    assert room.data() == {"password": b"two"}


@NAMESPACES
def test_F57_while_no_name_is_resolved_targets_stay_and_afterwards_all_is_well(
    stage: Stage, tmp_path: pathlib.Path
) -> None:
    room = stage.room()
    room.put(db="one")
    hosts, known = tmp_path / "hosts", "127.0.0.1 localhost\n127.0.0.1 aws.stage.test\n"
    hosts.write_text(known)
    port = urllib.parse.urlsplit(stage.aws.url).port

    with in_a_place(
        stage, 'mount --bind "$HOSTS" /etc/hosts', aws_url=f"http://aws.stage.test:{port}", HOSTS=str(hosts)
    ):
        room.synced()
        hosts.write_text("127.0.0.1 localhost\n")
        stage.aws.down()
        stage.aws.up()
        room.put(db="two")
        time.sleep(11)  # names are remembered for ten seconds
        room.force()
        room.until(lambda: room.ready()[0] == "False", lambda: f"it says so: {room.ready()}", 40)
        with no_spin(stage):
            time.sleep(10)
        assert room.data() == {"password": b"one"}
        hosts.write_text(known)

        stage.check(bound=BOUND, late=None)
        assert room.data() == {"password": b"two"}


@NAMESPACES
def test_F57_with_a_read_only_root_it_works_as_in_a_pod(stage: Stage, tmp_path: pathlib.Path) -> None:
    access, address = stage.access, urllib.parse.urlsplit(stage.access.url)
    (tmp_path / "token").write_text(str(access.token))
    (tmp_path / "ca.crt").write_text(str(access.authority))
    (tmp_path / "namespace").write_text("esoctl")
    commands = f"""
mount -t tmpfs none /var/run
mkdir -p {ACCOUNT}
cp "$ACCOUNT"/* {ACCOUNT}/
mount -o remount,bind,ro /
! touch /tmp/it-can-write 2>/dev/null
"""
    pod = {
        "ACCOUNT": str(tmp_path),
        "KUBERNETES_SERVICE_HOST": str(address.hostname),
        "KUBERNETES_SERVICE_PORT": str(address.port),
        "KUBECONFIG": "",
    }
    room = stage.room()
    room.put(db="one")
    with in_a_place(stage, commands, "--kubeconfig=", **pod):
        room.synced()
        room.put(db="two")
        room.force()

        stage.check(bound=BOUND, late=None)
        assert room.data() == {"password": b"two"}
        assert "Read-only" not in stage.operator.log()


@NAMESPACES
def test_F57_an_audit_log_on_a_full_disk_stops_nothing_and_tells_what_it_lost(
    stage: Stage, tmp_path: pathlib.Path
) -> None:
    room = stage.room()
    room.put(db="one")
    disk = tmp_path / "disk"
    disk.mkdir()
    with in_a_place(stage, 'mount -t tmpfs -o size=64k none "$DISK"', f"--audit-log={disk}/audit.log", DISK=str(disk)):
        room.synced()
        inside = pathlib.Path(f"/proc/{stage.operator.pid}/root{disk}")
        assert room.namespace in (inside / "audit.log").read_text()
        filler = inside / "filler"
        with contextlib.suppress(OSError), filler.open("wb", buffering=0) as file:
            while True:
                file.write(b"x" * 512)

        with no_spin(stage):
            for number in range(20):
                room.put(db=f"while it is full {number}")
                room.force()
                wanted = {"password": f"while it is full {number}".encode()}
                room.until(lambda wanted=wanted: room.data() == wanted, lambda: f"{room.data()}", 20)
        assert stage.operator.metric("esoctl_audit_records_lost") > 0
        filler.unlink()

        room.put(db="two")
        room.force()
        stage.check(bound=BOUND, late=None)
        lines = (inside / "audit.log").read_text().splitlines()
        torn = [line for line in lines if not (line.startswith("{") and line.endswith("}"))]
        assert len(torn) <= stage.operator.metric("esoctl_audit_records_lost"), "what is torn is counted as lost"
        assert room.namespace in lines[-1]
        assert lines[-1].endswith("}"), "the records after that are whole"
