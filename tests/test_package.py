"""What other projects install: the wheel is whole, and asks for what is tested here."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from hatchling.metadata.core import ProjectMetadata
from hatchling.plugin.manager import PluginManager
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("asgi_redis", "channels")


@pytest.fixture(scope="module")
def metadata() -> ProjectMetadata:
    return ProjectMetadata(str(ROOT), PluginManager())


def test_the_wheel_holds_every_file_of_the_packages(tmp_path):
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    [wheel] = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    packed = {name for name in names if name.startswith(PACKAGES) and ".dist-info/" not in name}
    assert packed == set(_files())


def test_it_accepts_the_versions_that_are_tested(metadata):
    pins = [
        Requirement(line.partition("#")[0])
        for line in (ROOT / "requirements.txt").read_text().splitlines()
        if "==" in line
    ]
    asked = [Requirement(line) for line in metadata.core.dependencies]
    for requirement in asked:
        versions = _versions(pins, requirement.name)
        assert versions, f"{requirement.name} is not in requirements.txt"
        assert all(requirement.specifier.contains(version) for version in versions), requirement


def _files() -> list[str]:
    paths = (path for package in PACKAGES for path in (ROOT / package).rglob("*"))
    return [
        str(path.relative_to(ROOT))
        for path in paths
        if path.is_file() and "__pycache__" not in path.parts
    ]


def _versions(pins: list[Requirement], name: str) -> list[str]:
    return [
        specifier.version
        for pin in pins
        if pin.name.lower() == name.lower()
        for specifier in pin.specifier
    ]
