"""Configuration from files: kubeconfigs and a pod's service account. Plugins, which are processes, are in wire."""

import base64
import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import anyio
import pytest
import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from esoctl.errors import ClusterError
from esoctl.kube.connect import FILE_SECONDS, Surroundings, connect


def a_certificate(name: str) -> tuple[str, str]:
    """A self-signed certificate and its key, in PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    start = datetime(2026, 1, 1, tzinfo=UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=36500))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    key_pem = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return certificate.public_bytes(pem).decode(), key_pem.decode()


CA, CA_KEY = a_certificate("authority")
OTHER_CA, _ = a_certificate("other authority")


def b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def a_kubeconfig(folder: Path, name: str = "config", *, cluster: Any = None, user: Any = None, **extra: Any) -> str:
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": name,
        "clusters": [{"name": name, "cluster": {"server": f"https://{name}:6443/"} | (cluster or {})}],
        "contexts": [{"name": name, "context": {"cluster": name, "user": name} | extra}],
        "users": [{"name": name, "user": user or {"token": "t"}}],
    }
    path = folder / name
    path.write_text(yaml.safe_dump(config))
    return str(path)


def a_pod(folder: Path, token: str = "t\n") -> Surroundings:
    (folder / "token").write_text(token)
    (folder / "ca.crt").write_text(CA)
    (folder / "namespace").write_text("operators\n")
    return Surroundings({"KUBERNETES_SERVICE_HOST": "10.96.0.1", "KUBERNETES_SERVICE_PORT": "443"}, folder)


@pytest.mark.asyncio
async def test_a_kubeconfig_says_where_who_and_in_which_namespace(tmp_path: Path) -> None:
    cluster = {
        "certificate-authority-data": b64(CA),
        "tls-server-name": "kubernetes",
        "proxy-url": "http://proxy:3128",
    }
    path = a_kubeconfig(tmp_path, cluster=cluster, namespace="shop")

    endpoint = await connect(path, None, Surroundings({}))

    assert endpoint.url == "https://config:6443"
    assert endpoint.namespace == "shop"
    assert endpoint.server_name == "kubernetes"
    assert endpoint.proxy == "http://proxy:3128"
    assert await endpoint.auth() == {"Authorization": "Bearer t"}
    assert endpoint.tls is not None
    assert [ca["subject"][0][0][1] for ca in endpoint.tls.get_ca_certs()] == ["authority"]
    assert endpoint.tls.check_hostname


@pytest.mark.asyncio
async def test_without_a_namespace_it_is_default_and_without_a_user_nobody(tmp_path: Path) -> None:
    endpoint = await connect(a_kubeconfig(tmp_path, user={"as-nobody": ""}), None, Surroundings({}))

    assert endpoint.namespace == "default"
    assert await endpoint.auth() == {}


@pytest.mark.asyncio
async def test_files_of_a_list_are_merged_and_a_context_can_be_chosen(tmp_path: Path) -> None:
    one, two = a_kubeconfig(tmp_path, "one"), a_kubeconfig(tmp_path, "two")
    around = Surroundings({"KUBECONFIG": f"{one}:{two}"})

    chosen = [(await connect(None, context, around)).url for context in ("one", "two")]

    assert chosen == ["https://one:6443", "https://two:6443"]


@pytest.mark.asyncio
async def test_a_file_in_the_home_folder_is_the_last_resort(tmp_path: Path) -> None:
    (tmp_path / ".kube").mkdir()
    a_kubeconfig(tmp_path / ".kube")

    endpoint = await connect(None, None, Surroundings({"HOME": str(tmp_path)}))

    assert endpoint.url == "https://config:6443"


@pytest.mark.asyncio
async def test_a_pod_uses_its_service_account(tmp_path: Path) -> None:
    endpoint = await connect(None, None, a_pod(tmp_path))

    assert (endpoint.url, endpoint.namespace) == ("https://10.96.0.1:443", "operators")
    assert await endpoint.auth() == {"Authorization": "Bearer t"}
    assert endpoint.tls is not None


@pytest.mark.asyncio
async def test_F23_the_token_of_a_pod_is_read_again(tmp_path: Path) -> None:
    endpoint = await connect(None, None, a_pod(tmp_path, "old"))

    (tmp_path / "token").write_text("new\n")
    before = await endpoint.auth()
    await anyio.sleep(FILE_SECONDS)

    assert before == {"Authorization": "Bearer old"}
    assert await endpoint.auth() == {"Authorization": "Bearer new"}


@pytest.mark.asyncio
async def test_I_18_a_refused_token_is_read_again_at_once(tmp_path: Path) -> None:
    endpoint = await connect(None, None, a_pod(tmp_path, "old"))

    (tmp_path / "token").write_text("new")
    await anyio.sleep(1)
    endpoint.forget()

    assert await endpoint.auth() == {"Authorization": "Bearer new"}


@pytest.mark.asyncio
async def test_F24_an_empty_token_file_keeps_the_last_good_token(tmp_path: Path) -> None:
    endpoint = await connect(None, None, a_pod(tmp_path, "old"))

    (tmp_path / "token").write_text("")
    await anyio.sleep(FILE_SECONDS)

    assert await endpoint.auth() == {"Authorization": "Bearer old"}


@pytest.mark.asyncio
async def test_F22_a_new_authority_is_trusted_after_a_while(tmp_path: Path) -> None:
    endpoint = await connect(None, None, a_pod(tmp_path))

    (tmp_path / "ca.crt").write_text(CA + OTHER_CA)
    await anyio.sleep(FILE_SECONDS)
    await endpoint.auth()

    assert endpoint.tls is not None
    assert len(endpoint.tls.get_ca_certs()) == 2


@pytest.mark.asyncio
async def test_a_token_file_of_a_kubeconfig_is_read_again(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("old\n")
    path = a_kubeconfig(tmp_path, user={"tokenFile": str(tmp_path / "token")})
    endpoint = await connect(path, None, Surroundings({}))

    (tmp_path / "token").write_text("new\n")
    await anyio.sleep(FILE_SECONDS)

    assert await endpoint.auth() == {"Authorization": "Bearer new"}


@pytest.mark.parametrize("missing", [False, True])
@pytest.mark.asyncio
async def test_F24_a_token_file_of_a_kubeconfig_without_a_token_keeps_the_last_good_one(
    tmp_path: Path, *, missing: bool
) -> None:
    (tmp_path / "token").write_text("old\n")
    path = a_kubeconfig(tmp_path, user={"tokenFile": str(tmp_path / "token")})
    endpoint = await connect(path, None, Surroundings({}))

    (tmp_path / "token").write_text("")
    if missing:
        (tmp_path / "token").unlink()
    await anyio.sleep(FILE_SECONDS)

    assert await endpoint.auth() == {"Authorization": "Bearer old"}


@pytest.mark.asyncio
async def test_a_client_certificate_leaves_no_file_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(scratch))
    user = {"client-certificate-data": b64(CA), "client-key-data": b64(CA_KEY)}

    endpoint = await connect(a_kubeconfig(tmp_path, user=user), None, Surroundings({}))

    assert endpoint.tls is not None
    assert list(scratch.iterdir()) == []


@pytest.mark.asyncio
async def test_a_cluster_may_be_trusted_blindly(tmp_path: Path) -> None:
    path = a_kubeconfig(tmp_path, cluster={"insecure-skip-tls-verify": True})

    endpoint = await connect(path, None, Surroundings({}))

    assert endpoint.tls is not None
    assert not endpoint.tls.check_hostname


@pytest.mark.asyncio
async def test_plain_http_has_no_tls_and_the_environment_may_name_a_proxy(tmp_path: Path) -> None:
    path = a_kubeconfig(tmp_path, cluster={"server": "http://api.example.com"})

    endpoint = await connect(path, None, Surroundings({"HTTP_PROXY": "http://proxy:3128"}))

    assert endpoint.tls is None
    assert endpoint.proxy == "http://proxy:3128"


@pytest.mark.parametrize(
    ("text", "context"),
    [
        pytest.param(None, None, id="no such file"),
        pytest.param("", None, id="empty"),
        pytest.param("[]", None, id="a list"),
        pytest.param("{", None, id="no YAML"),
        pytest.param("contexts: []\nclusters: []\nusers: []\ncurrent-context: x", None, id="no such context"),
        pytest.param(json.dumps({"clusters": [], "contexts": [], "users": []}), None, id="no current context"),
    ],
)
@pytest.mark.asyncio
async def test_a_configuration_that_cannot_be_used_is_named(
    tmp_path: Path, text: str | None, context: str | None
) -> None:
    path = tmp_path / "broken"
    if text is not None:
        path.write_text(text)

    with pytest.raises(ClusterError, match=r"^kubeconfig .*broken cannot be used: .+"):
        await connect(str(path), context, Surroundings({}))


@pytest.mark.asyncio
async def test_a_pod_without_a_token_is_told_so(tmp_path: Path) -> None:
    around = a_pod(tmp_path)
    (tmp_path / "token").unlink()

    with pytest.raises(ClusterError, match=r"^the service account of the pod cannot be used: .+"):
        await connect(None, None, around)


@pytest.mark.asyncio
async def test_credentials_are_in_no_repr(tmp_path: Path) -> None:
    endpoint = await connect(a_kubeconfig(tmp_path, user={"token": "hunter2"}), None, Surroundings({}))

    assert "hunter2" not in repr(endpoint)


def test_the_generated_client_is_not_loaded_and_the_package_is_left_whole(tmp_path: Path) -> None:
    path = a_kubeconfig(tmp_path)
    script = f"""
import sys, anyio
from esoctl.kube.connect import connect, Surroundings
anyio.run(connect, {path!r}, None, Surroundings({{}}))
registered = [name for name in sys.modules if name.startswith("kubernetes_asyncio")]
import gc
models = [o for o in gc.get_objects() if isinstance(o, type) and o.__name__ == "V1Secret"]
from kubernetes_asyncio import client
print(registered, models, client.CoreV1Api.__name__)
"""

    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)

    assert done.stdout == "[] [] CoreV1Api\n", done.stderr


def test_threads_may_connect_and_import_at_the_same_time() -> None:
    """Before the first connection nothing of the package is there, so a fresh process is asked."""
    program = """
import sys, threading, types
from esoctl.kube import connect

over, wrong = threading.Event(), []

def imports():
    while not over.is_set():
        for number in range(50):
            sys.modules[f"some_module_{number}"] = types.ModuleType("some")
        for number in range(50):
            del sys.modules[f"some_module_{number}"]

def connects():
    for _ in range(20):
        connect._load_once.cache_clear()
        try:
            connect._load_package()
        except Exception as error:
            wrong.append(repr(error))

sys.setswitchinterval(1e-6)
noise = threading.Thread(target=imports)
noise.start()
threads = [threading.Thread(target=connects) for _ in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
over.set()
noise.join()
print(len(wrong), wrong[:1])
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=50, check=False)

    assert done.stdout.strip() == "0 []", done.stdout + done.stderr
