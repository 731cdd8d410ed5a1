"""The promises of the folders: imports point one way, tests stand beside what they test."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("asgi_redis", "channels", "tracker", "tracker_project", "examples")

# What a package may import of the others; a name stands for itself and everything below it.
ALLOWED = {
    "asgi_redis": ("asgi_redis", "channels.layers"),
    "channels": ("channels",),
    "tracker": ("tracker", "channels"),
    "tracker_project": ("tracker_project", "tracker", "channels", "asgi_redis"),
    "examples": ("examples", "tracker", "channels"),
}

# What shows only in the work of others is tested there.
TESTED_ELSEWHERE = {
    "asgi_redis/heart.py": "tests/asgi_redis/test_subscription.py",
    "asgi_redis/layer.py": "tests/channels/layers/test_base.py",
}


class Import(NamedTuple):
    """One import statement's target, with where it stands."""

    target: str
    line: int
    is_inside_function: bool
    is_for_types_only: bool


def sources(package: str) -> list[Path]:
    return sorted((ROOT / package).rglob("*.py"))


def all_sources() -> list[Path]:
    return [path for package in PACKAGES for path in sources(package)]


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_name(path): path for path in all_sources()}


@cache
def imports(path: Path) -> list[Import]:
    return list(walk(ast.parse(path.read_text()), path))


def own_imports(path: Path) -> list[Import]:
    """Return the imports of this project's own modules."""
    return [found for found in imports(path) if found.target.split(".")[0] in PACKAGES]


def walk(node: ast.AST, path: Path, inside: bool = False, types: bool = False) -> Iterator[Import]:
    for child in ast.iter_child_nodes(node):
        for target in targets(child, path):
            yield Import(target, child.lineno, inside, types)
        is_function = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef)
        is_guard = isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test)
        yield from walk(child, path, inside or is_function, types or is_guard)


def targets(node: ast.AST, path: Path) -> list[str]:
    """Return the modules that a statement imports, `from package import module` as the module."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if not isinstance(node, ast.ImportFrom):
        return []
    base = node.module or ""
    if node.level:
        package = module_name(path) if path.stem == "__init__" else module_name(path.parent)
        base = ".".join([*package.split(".")[: -node.level + 1 or None], base]).rstrip(".")
    names = (f"{base}.{alias.name}" for alias in node.names)
    return [name if name in MODULES else base for name in names]


def is_below(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")


@pytest.mark.parametrize("package", PACKAGES)
def test_imports_point_one_way(package):
    wrong = [
        f"{path.relative_to(ROOT)}:{found.line} imports {found.target}"
        for path in sources(package)
        for found in own_imports(path)
        if not any(is_below(found.target, allowed) for allowed in ALLOWED[package])
    ]
    assert not wrong


def test_submodules_do_not_import_from_the_packages_they_are_in():
    wrong = [
        f"{path.relative_to(ROOT)}:{found.line} imports {found.target}"
        for path in all_sources()
        for found in own_imports(path)
        if is_below(module_name(path), found.target) and module_name(path) != found.target
    ]
    assert not wrong


def test_modules_do_not_import_each_other_in_circles():
    graph = {
        module_name(path): {
            found.target
            for found in own_imports(path)
            if not (found.is_inside_function or found.is_for_types_only)
        }
        for path in all_sources()
    }
    assert not cycle(graph)


def cycle(graph: dict[str, set[str]]) -> list[str]:
    """Return the modules of one circle, or nothing."""
    done: set[str] = set()

    def visit(name: str, trail: list[str]) -> list[str]:
        if name in trail:
            return [*trail[trail.index(name) :], name]
        if name in done:
            return []
        for target in sorted(graph.get(name, ())):
            if found := visit(target, [*trail, name]):
                return found
        done.add(name)
        return []

    return next((found for name in graph if (found := visit(name, []))), [])


def test_imports_inside_functions_say_why():
    wrong = [
        f"{path.relative_to(ROOT)}:{found.line}"
        for path in all_sources()
        for found in imports(path)
        if found.is_inside_function and not is_explained(found.line, path)
    ]
    assert not wrong


def is_explained(number: int, path: Path) -> bool:
    """Whether an import has a comment on its line, or right above it and its neighbours."""
    lines = path.read_text().splitlines()
    above = number - 1
    while lines[above - 1].lstrip().startswith(("import ", "from ")):
        above -= 1
    return "#" in lines[number - 1] or lines[above - 1].lstrip().startswith("#")


@pytest.mark.parametrize("package", PACKAGES)
def test_every_test_module_stands_beside_what_it_tests(package):
    tests = (ROOT / "tests" / package).rglob("test_*.py")
    strays = [
        str(test.relative_to(ROOT))
        for test in tests
        if not any(path.exists() for path in tested(test.relative_to(ROOT / "tests")))
    ]
    assert not strays


def tested(test: Path) -> list[Path]:
    """Return what tests/channels/test_worker.py may test: channels/worker.py, or a package.

    Tests in a folder `browser` test the ES module of their name, with dashes for underscores.
    """
    source = ROOT / test.with_name(test.name.removeprefix("test_"))
    if test.parent.name == "browser":
        package = test.parts[0]
        name = source.with_suffix(".js").name.replace("_", "-")
        return [ROOT / package / "static" / package / "js" / name]
    return [source, source.with_suffix("")]


@pytest.mark.parametrize("package", ["asgi_redis", "channels"])
def test_every_module_of_the_framework_has_tests_beside_it(package):
    untested = [
        str(path.relative_to(ROOT))
        for path in sources(package)
        if path.stem != "__init__" and path.parent.name != "migrations"
        if has_functions(path) and not tests_of(path).exists()
    ]
    assert not untested


def has_functions(path: Path) -> bool:
    tree = ast.walk(ast.parse(path.read_text()))
    return any(isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) for node in tree)


def tests_of(path: Path) -> Path:
    """Return where a module is tested: in its mirror, or where it shows."""
    name = path.relative_to(ROOT)
    return ROOT / TESTED_ELSEWHERE.get(
        str(name), Path("tests", name.with_name(f"test_{name.name}"))
    )
