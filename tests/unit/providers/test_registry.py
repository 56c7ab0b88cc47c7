import subprocess
import sys

from esoctl.providers.aws.session import Session
from esoctl.providers.registry import providers


def test_every_provider_is_found_by_its_name() -> None:
    assert {name: provider.name for name, provider in providers(Session()).items()} == {"aws": "aws", "fake": "fake"}


def test_decoding_loads_no_aws_library() -> None:
    program = (
        "import sys; from esoctl.providers.registry import providers; from esoctl.providers.aws.session import Session;"
        "providers(Session()); print(sorted(name for name in sys.modules if name.split('.')[0] in"
        " ('aiobotocore', 'botocore', 'aiohttp')))"
    )

    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout

    assert loaded.strip() == "[]"
