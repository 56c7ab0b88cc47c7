"""Start a real etcd + kube-apiserver (+ kube-controller-manager) on loopback and write a kubeconfig.

Usage: start.py START_DIR --bin DIR [--kcm] [--audit] [--audit-policy FILE] [--strict] [--port 6443] [--owner PID]

DIR holds etcd, kube-apiserver and kube-controller-manager (see build.py). START_DIR gets certificates, data, one log a
program, `pids`, `kubeconfig` and, last of all, `ready`. Runs in the foreground until it is interrupted, a program dies,
or the process PID is gone. With --audit it keeps `audit.log` too: a line for each request of a ServiceAccount; with
--audit-policy what that policy says. With --strict who names an owner must have rights on that owner
(OwnerReferencesPermissionEnforcement).

RBAC is on and the kubeconfig's user is in system:masters. Everything is for tests: etcd does not sync to disk.
"""

import argparse
import base64
import os
import pathlib
import secrets
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field

HOST = "127.0.0.1"
ISSUER = "https://kubernetes.default.svc"
AUDIENCES = f"{ISSUER},sts.amazonaws.com"
START_LIMIT_SECONDS = 120
AUDIT_POLICY = """apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
  - level: None
    userGroups: [system:serviceaccounts:kube-system]
  - level: Metadata
    userGroups: [system:serviceaccounts]
"""
"""Who asks for what, without the controllers and without any content."""


def free_ports(count: int) -> list[int]:
    """Ports that were free a moment ago; all are held until the last is known, so no two are the same."""
    sockets = [socket.socket() for _ in range(count)]
    for each in sockets:
        each.bind((HOST, 0))
    ports: list[int] = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def make_signing_key(folder: pathlib.Path) -> None:
    """The key that signs ServiceAccount tokens: sa.key and its public half sa.pub."""
    private, public = folder / "sa.key", folder / "sa.pub"
    if private.exists():
        return
    if shutil.which("openssl"):
        subprocess.run(["openssl", "genrsa", "-out", private, "2048"], check=True, capture_output=True)
        subprocess.run(["openssl", "rsa", "-in", private, "-pubout", "-out", public], check=True, capture_output=True)
        return
    # Not at the top: the script is also run by a Python that has only its standard library.
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415 (optional)
    from cryptography.hazmat.primitives.asymmetric import rsa  # noqa: PLC0415 (optional)

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    private.write_bytes(key.private_bytes(pem, serialization.PrivateFormat.TraditionalOpenSSL, plain))
    public.write_bytes(key.public_key().public_bytes(pem, serialization.PublicFormat.SubjectPublicKeyInfo))


@dataclass
class ControlPlane:
    folder: pathlib.Path
    binaries: pathlib.Path
    port: int
    token: str = field(default_factory=lambda: secrets.token_hex(16))
    audit: bool = False
    audit_policy: pathlib.Path | None = None
    strict: bool = False
    suffix: str = ""
    """Tells the logs apart where two API servers share a folder."""
    authority: str = "certs/apiserver.crt"
    """What clients trust, in the folder; by default the certificate that the API server makes for itself."""
    flags: tuple[str, ...] = ()
    """More options of the API server."""
    under: tuple[str, ...] = ()
    """A command that each program is started under."""
    running: dict[str, "subprocess.Popen[bytes]"] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"https://{HOST}:{self.port}"

    def spawn(self, name: str, *arguments: str) -> None:
        command = [*self.under, self.binaries / name, *arguments]
        with (self.folder / f"{name}{self.suffix}.log").open("ab") as log:
            self.running[name] = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, cwd=self.folder)

    def dead(self) -> list[str]:
        return [name for name, process in self.running.items() if process.poll() is not None]

    def stop(self) -> None:
        """Last started, first stopped: etcd outlives those that talk to it."""
        for process in reversed(self.running.values()):
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def spawn_etcd(plane: ControlPlane, client_port: int, peer_port: int) -> None:
    client, peer = f"http://{HOST}:{client_port}", f"http://{HOST}:{peer_port}"
    plane.spawn(
        "etcd",
        f"--data-dir={plane.folder / 'etcd'}",
        "--unsafe-no-fsync",
        f"--listen-client-urls={client}",
        f"--advertise-client-urls={client}",
        f"--listen-peer-urls={peer}",
        f"--initial-advertise-peer-urls={peer}",
        f"--initial-cluster=default={peer}",
        "--log-level=warn",
    )


def spawn_api_server(plane: ControlPlane, etcd_port: int) -> None:
    tokens = plane.folder / "tokens.csv"
    tokens.touch(mode=0o600)
    tokens.write_text(f"{plane.token},admin,admin,system:masters\n")
    plane.spawn(
        "kube-apiserver",
        f"--etcd-servers=http://{HOST}:{etcd_port}",
        f"--bind-address={HOST}",
        f"--secure-port={plane.port}",
        f"--cert-dir={plane.folder / 'certs'}",
        "--authorization-mode=RBAC",
        f"--token-auth-file={tokens}",
        f"--service-account-key-file={plane.folder / 'sa.pub'}",
        f"--service-account-signing-key-file={plane.folder / 'sa.key'}",
        f"--service-account-issuer={ISSUER}",
        f"--api-audiences={AUDIENCES}",
        "--service-cluster-ip-range=10.0.0.0/24",
        # Nothing runs Pods here, and the plugin would delay every new namespace until its default account exists.
        "--disable-admission-plugins=ServiceAccount",
        "--allow-privileged",
        "--max-requests-inflight=2000",
        "--max-mutating-requests-inflight=1000",
        *(["--enable-admission-plugins=OwnerReferencesPermissionEnforcement"] if plane.strict else []),
        *audit_flags(plane),
        *plane.flags,
    )


def audit_flags(plane: ControlPlane) -> list[str]:
    log = f"--audit-log-path={plane.folder / f'audit{plane.suffix}.log'}"
    if plane.audit_policy:
        # Nothing may be missing, even of a server that is killed: every line is written before the answer is sent.
        return [f"--audit-policy-file={plane.audit_policy}", log, "--audit-log-mode=blocking"]
    if not plane.audit:
        return []
    policy = plane.folder / "audit-policy.yaml"
    policy.write_text(AUDIT_POLICY)
    # Tests wait for their own line, and by default a line may take half a minute.
    batches = ["--audit-log-mode=batch", "--audit-log-batch-max-wait=1s"]
    return [f"--audit-policy-file={policy}", log, *batches]


def spawn_controller_manager(plane: ControlPlane) -> None:
    plane.spawn(
        "kube-controller-manager",
        f"--kubeconfig={plane.folder / 'kubeconfig'}",
        f"--service-account-private-key-file={plane.folder / 'sa.key'}",
        f"--root-ca-file={plane.folder / plane.authority}",
        "--use-service-account-credentials",
        "--leader-elect=false",
        "--secure-port=0",
    )


def answers_ready(plane: ControlPlane) -> bool:
    # The server makes its own certificate while it starts, so there is nothing to check it against yet.
    context = ssl._create_unverified_context()  # noqa: SLF001 (the standard library has no public name for it)
    request = urllib.request.Request(f"{plane.url}/readyz", headers={"Authorization": f"Bearer {plane.token}"})
    try:
        with urllib.request.urlopen(request, context=context, timeout=10) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def wait_until_ready(plane: ControlPlane) -> None:
    deadline = time.monotonic() + START_LIMIT_SECONDS
    while not answers_ready(plane):
        if plane.dead():
            raise SystemExit(f"{', '.join(plane.dead())} ended while starting; see the logs in {plane.folder}")
        if time.monotonic() > deadline:
            raise SystemExit(f"not ready after {START_LIMIT_SECONDS} s; see the logs in {plane.folder}")
        time.sleep(0.1)


def write_kubeconfig(plane: ControlPlane) -> None:
    authority = base64.b64encode((plane.folder / plane.authority).read_bytes()).decode()
    path = plane.folder / "kubeconfig"
    path.touch(mode=0o600)
    path.write_text(
        f"""apiVersion: v1
kind: Config
current-context: lab
clusters: [{{name: lab, cluster: {{server: "{plane.url}", certificate-authority-data: {authority}}}}}]
contexts: [{{name: lab, context: {{cluster: lab, user: admin}}}}]
users: [{{name: admin, user: {{token: "{plane.token}"}}}}]
"""
    )


def start(plane: ControlPlane, *, with_controllers: bool) -> None:
    started = time.monotonic()
    client_port, peer_port = free_ports(2)
    make_signing_key(plane.folder)
    spawn_etcd(plane, client_port, peer_port)
    spawn_api_server(plane, client_port)
    wait_until_ready(plane)
    write_kubeconfig(plane)
    if with_controllers:
        spawn_controller_manager(plane)
    seconds = time.monotonic() - started
    (plane.folder / "pids").write_text("".join(f"{name} {process.pid}\n" for name, process in plane.running.items()))
    (plane.folder / "ready").write_text(f"{seconds:.1f}\n")
    print(f"ready in {seconds:.1f}s at {plane.url}", flush=True)


def exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def watch_over(plane: ControlPlane, owner: int | None) -> None:
    while owner is None or exists(owner):
        if plane.dead():
            raise SystemExit(f"{', '.join(plane.dead())} ended; see the logs in {plane.folder}")
        time.sleep(0.5)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dir", type=pathlib.Path, help="folder for certificates, data, logs and the kubeconfig")
    parser.add_argument("--bin", type=pathlib.Path, required=True, help="folder with the three programs")
    parser.add_argument("--kcm", action="store_true", help="start kube-controller-manager too")
    parser.add_argument("--audit", action="store_true", help="keep a log of what ServiceAccounts ask for")
    parser.add_argument("--audit-policy", type=pathlib.Path, help="keep a log by that policy, complete at any moment")
    parser.add_argument("--strict", action="store_true", help="check the rights on owners that objects name")
    parser.add_argument("--port", type=int, default=0, help="port of the API server; 0 picks a free one")
    parser.add_argument("--owner", type=int, help="stop when this process is gone")
    options = parser.parse_args()
    folder = options.dir.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "ready").unlink(missing_ok=True)
    plane = ControlPlane(
        folder,
        options.bin.resolve(),
        options.port or free_ports(1)[0],
        audit=options.audit,
        audit_policy=options.audit_policy and options.audit_policy.resolve(),
        strict=options.strict,
    )
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: sys.exit(0))
    try:
        start(plane, with_controllers=options.kcm)
        watch_over(plane, options.owner)
    finally:
        plane.stop()


if __name__ == "__main__":
    main()
