"""Tests of channels.log."""

import logging
import uuid

import pytest

from channels.log import setup_logger


@pytest.fixture
def name():
    """The name of a logger that nobody has set up."""
    name = f"test-{uuid.uuid4().hex}"
    yield name
    logging.getLogger(name).handlers.clear()


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
