"""The documentation: its samples compile, its links lead somewhere, its names exist."""

import ast
import json
import os
import re
import shlex
import subprocess
import sys
from importlib import import_module
from importlib.util import find_spec
from inspect import signature
from pathlib import Path
from typing import NamedTuple

import pytest

import channels.checks
from asgi_redis import RedisChannelLayer, RedisSentinelChannelLayer
from channels.layers.base import BaseChannelLayer

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md")])
COMMANDS_PAGE = ROOT / "docs" / "reference" / "commands.md"
SETTINGS_PAGE = ROOT / "docs" / "reference" / "settings.md"

BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
OPTION = re.compile(r"(?<![\w-])--[a-z][\w-]*")
PIN = re.compile(r"^([A-Za-z][\w.-]*)==([\w.]+)", re.MULTILINE)
TABLE_NAME = re.compile(r"^\| `(\w+)` \|", re.MULTILINE)


class Sample(NamedTuple):
    """A fenced block of a page."""

    page: Path
    line: int
    language: str
    text: str


def samples() -> list[Sample]:
    found = []
    for page in PAGES:
        text = page.read_text()
        for match in BLOCK.finditer(text):
            line = text.count("\n", 0, match.start()) + 2
            found.append(Sample(page, line, match[1], match[2]))
    return found


def name_of(value: Path | Sample) -> str:
    page, line = (value, "") if isinstance(value, Path) else (value.page, f":{value.line}")
    return f"{page.relative_to(ROOT)}{line}"


def in_language(language: str) -> list[Sample]:
    return [sample for sample in samples() if sample.language == language]


def prose_of(page: Path) -> str:
    return BLOCK.sub("", page.read_text())


def anchors_of(page: Path) -> set[str]:
    """Return the anchors of a page's headings, as they are made where pages are shown."""
    plain = (re.sub(r"[^\w\- ]", "", title.lower()) for title in HEADING.findall(prose_of(page)))
    return {title.replace(" ", "-") for title in plain}


def section_of(page: Path, heading: str) -> str:
    """Return what stands below a heading, up to the next one of any level."""
    return re.split(r"^#+ ", page.read_text().split(f"# {heading}\n")[1], flags=re.MULTILINE)[0]


def write_samples(folder: Path) -> list[Path]:
    """Write the samples that name a file into a project; return their paths in it."""
    paths: list[Path] = []
    for sample in in_language("python"):
        if match := re.match(r"# (\S+\.py)\n", sample.text):
            path = Path(match[1])
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            # Settings add to those of the project; of all else the last version counts.
            with (folder / path).open("a" if path.name == "settings.py" else "w") as file:
                file.write(sample.text)
            paths.append(path)
    return paths


@pytest.mark.parametrize("sample", in_language("python"), ids=name_of)
def test_python_samples_compile_and_import_what_exists(sample: Sample) -> None:
    tree = ast.parse(sample.text, filename=name_of(sample))
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and find_spec((node.module or "").split(".")[0]):
            module = import_module(node.module or "")
            for alias in node.names:
                assert hasattr(module, alias.name) or find_spec(f"{node.module}.{alias.name}"), (
                    f"{name_of(sample)}: {node.module} has no {alias.name}"
                )


@pytest.mark.parametrize("sample", in_language("json"), ids=name_of)
def test_json_samples_parse(sample: Sample) -> None:
    json.loads(sample.text)


def test_the_samples_make_a_project_whose_tests_pass(tmp_path: Path) -> None:
    def run(*arguments: str) -> None:
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        environment["DJANGO_SETTINGS_MODULE"] = "talk.settings"
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout + done.stderr

    run("-m", "django", "startproject", "talk", ".", "--settings", "django.conf.global_settings")
    paths = write_samples(tmp_path)
    apps = sorted({path.parts[0] for path in paths} - {"talk"})
    with (tmp_path / "talk" / "settings.py").open("a") as settings:
        settings.write(f"INSTALLED_APPS += ['channels.delay', *{apps}]\n")
    modules = [".".join(path.with_suffix("").parts) for path in paths]
    run("-W", "error", "-c", f"import django; django.setup(); import {', '.join(modules)}")
    run("-W", "error", "manage.py", "test", "talk.tests", "talk.test_members", "talk.test_routes")


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    for target in LINK.findall(prose_of(page)):
        if "://" in target:
            continue
        path, _, anchor = target.partition("#")
        linked = (page.parent / path).resolve() if path else page
        assert linked.exists(), f"{name_of(page)} links to {target}, which is not there"
        if anchor:
            assert anchor in anchors_of(linked), f"{name_of(page)}: {target} has no such heading"


def test_every_page_is_on_the_map() -> None:
    index = ROOT / "docs" / "index.md"
    linked = {(index.parent / target).resolve() for target in LINK.findall(index.read_text())}
    pages = set((ROOT / "docs").rglob("*.md")) - {index}
    assert not {name_of(page) for page in pages - linked}


@pytest.mark.parametrize(
    ("heading", "layer"),
    [
        ("`CONFIG` of every layer", BaseChannelLayer),
        ("`CONFIG` of `asgi_redis.RedisChannelLayer`", RedisChannelLayer),
        ("`CONFIG` of `asgi_redis.RedisSentinelChannelLayer`", RedisSentinelChannelLayer),
    ],
)
def test_the_layers_take_the_config_that_is_documented(heading: str, layer: type) -> None:
    documented = set(TABLE_NAME.findall(section_of(SETTINGS_PAGE, heading)))
    known = {name for kind in layer.__mro__ for name in signature(kind).parameters}
    assert documented
    assert documented <= known


def test_every_argument_of_the_redis_layer_is_documented() -> None:
    text = SETTINGS_PAGE.read_text()
    missing = [name for name in signature(RedisChannelLayer).parameters if f"`{name}`" not in text]
    assert not missing


def test_the_settings_of_channels_are_those_that_the_code_reads() -> None:
    documented = set(TABLE_NAME.findall(section_of(SETTINGS_PAGE, "Other settings of `channels`")))
    source = "".join(path.read_text() for path in (ROOT / "channels").rglob("*.py"))
    assert documented == set(re.findall(r'settings, "(CHANNEL\w+)"', source)) - {"CHANNEL_LAYERS"}


def test_the_environment_of_the_tracker_is_what_its_settings_read() -> None:
    documented = set(TABLE_NAME.findall(section_of(SETTINGS_PAGE, "Environment of the tracker")))
    source = (ROOT / "tracker_project" / "settings.py").read_text()
    assert documented == set(re.findall(r'env\.\w+\(\s*"(\w+)"', source))


def test_names_of_the_api_are_in_the_code() -> None:
    page = (ROOT / "docs" / "reference" / "api.md").read_text()
    names = set(re.findall(r"`\.?([A-Za-z_]\w+)[(`]", page))
    files = [path for path in ROOT.glob("channels/**/*") if path.suffix in (".py", ".js")]
    files += (ROOT / "asgi_redis").glob("*.py")
    words = set(re.findall(r"\w+", "".join(path.read_text() for path in files)))
    assert len(names) > 100
    assert names - words == set()


def test_the_checks_are_those_of_the_code() -> None:
    page = (ROOT / "docs" / "reference" / "checks.md").read_text()
    source = Path(channels.checks.__file__).read_text()
    identity = re.compile(r"channels\.[EW]\d{3}")
    assert set(identity.findall(page)) == set(identity.findall(source))


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_versions_agree_with_the_requirements(page: Path) -> None:
    pinned = set()
    for path in ROOT.glob("requirements*.txt"):
        pinned.update(PIN.findall(path.read_text()))
    named = set(PIN.findall(page.read_text()))
    named.update(re.findall(r"`([A-Za-z][\w.-]*)==([\w.]+)`", page.read_text()))
    assert named <= pinned


@pytest.mark.parametrize(
    ("command", "app"),
    [
        ("runworker", "channels"),
        ("runserver", "channels"),
        ("rundelay", "channels/delay"),
        ("channelstats", "channels"),
        ("deadletters", "channels"),
        ("loaddemo", "tracker"),
    ],
)
def test_the_options_of_the_commands_are_documented(command: str, app: str) -> None:
    # Read from the source: importing runserver would choose a reactor for all tests.
    source = (ROOT / app / "management" / "commands" / f"{command}.py").read_text()
    documented = set(OPTION.findall(section_of(COMMANDS_PAGE, f"`{command}`")))
    assert documented == set(re.findall(r'"(--[a-z][\w-]*)"', source))


@pytest.mark.parametrize("sample", in_language("sh"), ids=name_of)
def test_programs_in_shell_samples_are_there(sample: Sample) -> None:
    assert subprocess.run(["bash", "-n", "-c", sample.text]).returncode == 0
    for line in sample.text.splitlines():
        words = [
            word for word in shlex.split(line, comments=True) if not re.match(r"[A-Z_]+=", word)
        ]
        if words and words[0].startswith(("bin/", "./")):
            assert (ROOT / words[0]).exists(), f"{name_of(sample)}: no {words[0]}"


def test_the_picture_is_small() -> None:
    assert (ROOT / "docs" / "images" / "live-map.png").stat().st_size < 400_000


def test_daphne_knows_the_options_that_are_documented() -> None:
    documented = set(OPTION.findall(section_of(COMMANDS_PAGE, "`daphne`")))
    shown = subprocess.run(
        [sys.executable, "-m", "daphne", "--help"], capture_output=True, text=True, check=True
    ).stdout
    assert documented <= set(OPTION.findall(shown))
