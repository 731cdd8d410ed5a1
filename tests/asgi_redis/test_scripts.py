"""Tests of asgi_redis.scripts: Lua files as commands."""

import re
from importlib import resources

import pytest

from asgi_redis import scripts
from asgi_redis.scripts import ALL

FILES = {
    path.name
    for path in resources.files("asgi_redis").joinpath("lua").iterdir()
    if path.name.endswith(".lua")
}


def test_every_file_is_a_script_and_every_script_a_file():
    assert {f"{name}.lua" for name, value in vars(scripts).items() if value in ALL} == FILES


@pytest.mark.parametrize("script", ALL, ids=lambda script: script.sha[:6])
def test_the_header_explains_every_key_and_argument(script):
    lines = script.text.removeprefix("#!lua\n").splitlines()
    assert lines[0].startswith("--")
    header = "\n".join(line for line in lines if line.startswith("--"))
    code = "\n".join(line for line in lines if not line.startswith("--"))
    assert ("Returns" in header) == bool(re.search(r"^return", code, re.MULTILINE))
    for kind, number in set(re.findall(r"(KEYS|ARGV)\[(\d+)\]", code)):
        assert f"{kind}[{number}" in header, f"{kind}[{number}]"


def test_the_server_knows_it_by_the_name_that_we_use(redis_layer):
    replies = redis_layer.nodes[0].execute([script.load for script in ALL])
    assert [reply.decode() for reply in replies] == [script.sha for script in ALL]


def test_a_command_has_keys_and_arguments():
    script = ALL[0]
    assert script(["a", "b"], 1, b"x") == ("EVALSHA", script.sha, 2, "a", "b", 1, b"x")
