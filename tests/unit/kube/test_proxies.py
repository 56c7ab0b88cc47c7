import pytest

from esoctl.kube.proxies import proxy_for

PROXY = {"HTTPS_PROXY": "http://proxy:3128"}


@pytest.mark.parametrize(
    ("url", "environ", "wanted"),
    [
        pytest.param("https://api.example.com", {}, None, id="none"),
        pytest.param("https://api.example.com", PROXY, "http://proxy:3128", id="by scheme"),
        pytest.param("http://api.example.com", PROXY, None, id="another scheme"),
        pytest.param("https://api.example.com", {"https_proxy": "proxy:1"}, "http://proxy:1", id="small, bare"),
        pytest.param("https://localhost:6443", PROXY, None, id="this machine"),
        pytest.param("https://127.0.0.1:6443", PROXY, None, id="loopback"),
        pytest.param("https://[::1]:6443", PROXY, None, id="loopback, six"),
    ],
)
def test_a_proxy_is_found_as_go_finds_it(url: str, environ: dict[str, str], wanted: str | None) -> None:
    assert proxy_for(url, environ) == wanted


@pytest.mark.parametrize(
    ("exceptions", "url", "direct"),
    [
        ("*", "https://anything", True),
        ("10.0.0.0/8", "https://10.96.0.1", True),
        ("10.0.0.0/8", "https://11.96.0.1", False),
        ("fd00::/8", "https://[fd00::1]:443", True),
        ("10.96.0.1", "https://10.96.0.1", True),
        ("10.96.0.1:443", "https://10.96.0.1", True),
        ("10.96.0.1:443", "https://10.96.0.1:6443", False),
        ("[fd00::1]:6443", "https://[fd00::1]:6443", True),
        ("example.com", "https://example.com", True),
        ("example.com", "https://api.example.com", True),
        ("example.com", "https://badexample.com", False),
        (".example.com", "https://api.example.com", True),
        (".example.com", "https://example.com", False),
        ("*.example.com", "https://api.example.com", True),
        ("example.com:6443", "https://api.example.com:6443", True),
        ("example.com:6443", "https://api.example.com", False),
        (" a , EXAMPLE.com,", "https://api.example.com.", True),
        ("not/a/network", "https://10.96.0.1", False),
        ("", "https://10.96.0.1", False),
    ],
)
def test_exceptions_are_read_as_go_reads_them(exceptions: str, url: str, direct: bool) -> None:
    found = proxy_for(url, PROXY | {"NO_PROXY": exceptions})

    assert (found is None) == direct
