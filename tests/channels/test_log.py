"""Tests of channels.log."""

import logging
import uuid

import pytest

from channels.log import PACKAGES, setup_logger


@pytest.fixture
def name():
    """The name of a logger that nobody has set up."""
    name = f"test-{uuid.uuid4().hex}"
    yield name
    logging.getLogger(name).handlers.clear()


@pytest.fixture
def packages(monkeypatch):
    """The loggers of the packages, as nobody has set them up."""
    loggers = [logging.getLogger(package) for package in PACKAGES]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        monkeypatch.setattr(logger, "handlers", [])
        monkeypatch.setattr(logger, "propagate", True)
    yield loggers
    for logger, level in zip(loggers, levels, strict=True):
        logger.setLevel(level)


@pytest.mark.parametrize(
    ("verbosity", "level"), [(0, "WARNING"), (1, "INFO"), (2, "DEBUG"), (3, "DEBUG")]
)
def test_the_level_is_what_the_command_asks_for(name, verbosity, level):
    assert logging.getLevelName(setup_logger(name, verbosity).level) == level


def test_a_line_is_written_once_however_often_it_is_set_up(name, capsys):
    setup_logger(name, 2)
    logger = setup_logger(name)
    logger.info("hello %s", "there")
    logger.debug("not shown")
    written = capsys.readouterr().err
    assert written.count("hello there") == 1
    assert "INFO" in written
    assert "not shown" not in written


def test_without_settings_the_packages_write_the_same_lines(name, packages, monkeypatch, capsys):
    monkeypatch.setattr(logging.getLogger(), "handlers", [])
    setup_logger(name)
    setup_logger(name)
    for part in ("channels.pending", "asgi_redis.outage"):
        logging.getLogger(part).info("hello from %s", part)
        logging.getLogger(part).debug("not shown")
    lines = capsys.readouterr().err.splitlines()
    assert [line.split(" - ")[1:] for line in lines] == [
        ["INFO", "test_log", "hello from channels.pending"],
        ["INFO", "test_log", "hello from asgi_redis.outage"],
    ]


def test_the_handlers_of_a_project_get_the_lines_of_the_packages(name, packages, caplog, capsys):
    setup_logger(name)
    logging.getLogger("asgi_redis.outage").warning("hello")
    assert caplog.messages == ["hello"]
    assert "hello" not in capsys.readouterr().err
    assert not any(logger.handlers for logger in packages)
