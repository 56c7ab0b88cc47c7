"""The rules of the Dockerfile, and the part of its steps that needs neither a container engine nor a network."""

import json
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from dataclasses import dataclass
from importlib.metadata import distribution
from pathlib import Path, PurePosixPath

import pytest
import yaml
from packaging.requirements import Requirement

from esoctl import __version__

ROOT = Path(__file__).resolve().parents[2]
PINNED = re.compile(r"python:3\.\d+\.\d+-slim-[a-z]+")
KNOWN = {"FROM", "COPY", "RUN", "ENV", "LABEL", "WORKDIR", "EXPOSE", "USER", "ENTRYPOINT", "CMD"}


@dataclass(frozen=True)
class Step:
    """One instruction of a Dockerfile."""

    word: str
    rest: str

    @property
    def listed(self) -> list[str]:
        """The words of the form in JSON, which needs no shell."""
        found = json.loads(self.rest)
        assert isinstance(found, list)
        return found


def steps() -> list[Step]:
    text = (ROOT / "Dockerfile").read_text().replace("\\\n", " ")
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return [Step(*line.split(None, 1)) for line in lines]


def of(word: str, among: list[Step] | None = None) -> list[Step]:
    return [step for step in (steps() if among is None else among) if step.word == word]


def final() -> list[Step]:
    """The steps of the last stage, which is the image."""
    found = steps()
    last = max(index for index, step in enumerate(found) if step.word == "FROM")
    return found[last:]


def copied() -> list[str]:
    """What is copied from the folder of the build."""
    words = [step.rest.split() for step in of("COPY") if not step.rest.startswith("--from")]
    return [source for sources in words for source in sources[:-1]]


def test_only_known_instructions_are_used_and_nothing_is_added_from_afar() -> None:
    assert {step.word for step in steps()} <= KNOWN
    assert "://" not in (ROOT / "Dockerfile").read_text()


def test_every_stage_of_the_image_starts_from_one_pinned_python() -> None:
    bases = [step.rest.split()[0] for step in of("FROM")]
    stages = {step.rest.split(" AS ")[1] for step in of("FROM") if " AS " in step.rest}

    assert PINNED.fullmatch(bases[0])
    assert set(bases[1:]) <= stages


def test_the_python_of_the_image_is_one_that_is_supported() -> None:
    classifiers = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["classifiers"]
    version = re.search(r"python:(3\.\d+)", steps()[0].rest)

    assert version is not None
    assert f"Programming Language :: Python :: {version[1]}" in classifiers


def test_the_image_runs_as_nobody_in_particular() -> None:
    assert of("USER", final())[-1].rest == "65532:65532"


def test_no_step_of_the_image_needs_a_shell() -> None:
    for step in [*of("RUN"), *of("ENTRYPOINT"), *of("CMD")]:
        assert all(isinstance(word, str) for word in step.listed)
    assert of("RUN", final()) == []
    assert of("ENTRYPOINT", final())[-1].listed == ["esoctl"]
    assert of("CMD", final())[-1].listed == ["run"]


def test_whatever_is_downloaded_for_the_image_is_locked_by_hash() -> None:
    for step in of("RUN"):
        words = step.listed
        if "install" in words:
            assert "--no-index" in words or {"--require-hashes", "--only-binary=:all:"} <= set(words), words
        if words[:2] == ["pip", "wheel"]:
            assert {"--no-deps", "--no-build-isolation"} <= set(words)


@pytest.mark.parametrize("name", ["build.txt", "run.txt"])
def test_every_requirement_of_the_image_has_a_version_and_a_hash(name: str) -> None:
    text = (ROOT / "requirements" / name).read_text().replace("\\\n", " ")
    entries = [line for line in text.splitlines() if line and not line.lstrip().startswith("#")]

    assert entries
    assert [line for line in entries if not re.match(r"[a-z0-9._-]+==\S+ .*--hash=sha256:[0-9a-f]{64}", line)] == []


def test_the_image_holds_all_the_project_depends_on() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = {re.split(r"[<>=!~\[ ]", entry)[0].lower() for entry in project["dependencies"]}
    locked = set(re.findall(r"^([a-z0-9._-]+)==", (ROOT / "requirements" / "run.txt").read_text(), re.MULTILINE))

    assert wanted <= locked


def test_every_path_copied_into_the_image_is_there_and_not_ignored() -> None:
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    kept = {line.removeprefix("!") for line in ignored if line.startswith("!")}

    assert "*" in ignored
    for source in copied():
        assert (ROOT / source).exists(), source
        assert PurePosixPath(source).parts[0] in kept, source


def test_the_image_says_which_version_it_is_and_the_deployment_asks_for_it() -> None:
    (labels,) = of("LABEL", final())
    deployment = yaml.safe_load((ROOT / "manifests" / "base" / "deployment.yaml").read_text())
    (container,) = deployment["spec"]["template"]["spec"]["containers"]

    assert f'org.opencontainers.image.version="{__version__}"' in labels.rest
    assert container["image"] == f"esoctl:{__version__}"


def test_the_ports_of_the_image_are_those_of_the_deployment() -> None:
    deployment = yaml.safe_load((ROOT / "manifests" / "base" / "deployment.yaml").read_text())
    (container,) = deployment["spec"]["template"]["spec"]["containers"]

    assert [int(port) for port in of("EXPOSE", final())[0].rest.split()] == [
        port["containerPort"] for port in container["ports"]
    ]


def test_the_base_that_the_label_names_is_the_base() -> None:
    (labels,) = of("LABEL", final())

    assert f'org.opencontainers.image.base.name="{steps()[0].rest.split()[0]}"' in labels.rest


def test_the_bill_of_materials_is_made_in_the_build_and_copied_with_the_program() -> None:
    (making,) = (step.listed for step in of("RUN") if step.listed[0] == "cyclonedx-py")
    (copying,) = (step.rest.split() for step in of("COPY", final()))

    assert making[-1] == f"{copying[1]}/bin/python"
    assert PurePosixPath(making[making.index("--output-file") + 1]).parent == PurePosixPath(copying[1])


@pytest.mark.timeout(300)
def test_the_bill_of_materials_lists_exactly_what_is_locked(tmp_path: Path) -> None:
    """The step of the Dockerfile, on an environment that has the metadata of every package of the image."""
    wanted = locked()
    target = tmp_path / "esoctl"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", target], check=True)
    (site,) = target.glob("lib/python*/site-packages")
    for name in wanted:
        there = distribution(name)._path  # type: ignore[attr-defined]  # metadata knows its folder by no other name
        shutil.copytree(there, site / there.name)
    (step,) = (step.listed for step in of("RUN") if step.listed[0] == "cyclonedx-py")
    command = [word.replace("/opt/esoctl", str(target)) for word in step]

    subprocess.run([Path(sys.executable).with_name(command[0]), *command[1:]], check=True, capture_output=True)

    bill = json.loads((target / "sbom.cdx.json").read_text())
    assert bill["bomFormat"] == "CycloneDX"
    assert {part["name"].lower().replace("_", "-"): part["version"] for part in bill["components"]} == wanted
    assert [part["name"] for part in bill["components"] if not part.get("licenses")] == []


def locked() -> dict[str, str]:
    """The packages of the image that are for this platform, with their versions."""
    text = (ROOT / "requirements" / "run.txt").read_text()
    found = [Requirement(line.split(" \\")[0]) for line in re.findall(r"^[a-z0-9].*==.*$", text, re.MULTILINE)]
    return {one.name: str(one.specifier)[2:] for one in found if one.marker is None or one.marker.evaluate()}


def test_the_wheel_of_the_image_is_made_of_what_is_copied_alone(tmp_path: Path) -> None:
    for source in copied():
        target = tmp_path / source
        target.parent.mkdir(parents=True, exist_ok=True)
        there = ROOT / source
        shutil.copytree(there, target) if there.is_dir() else shutil.copy(there, target)

    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path / "wheels")]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    with zipfile.ZipFile(tmp_path / "wheels" / f"esoctl-{__version__}-py3-none-any.whl") as wheel:
        names = set(wheel.namelist())
        entry_points = wheel.read(f"esoctl-{__version__}.dist-info/entry_points.txt").decode()
    modules = {str(path.relative_to(ROOT / "src")) for path in (ROOT / "src").rglob("*.py")}
    assert modules <= names
    assert f"esoctl-{__version__}.dist-info/licenses/LICENSE" in names
    assert "esoctl = esoctl.cli:main" in entry_points
    assert {name.split("/")[0] for name in names} == {"esoctl", f"esoctl-{__version__}.dist-info"}
