"""Log output of the commands."""

import logging

# What the parts behind the commands log to, one for each package.
PACKAGES = ("channels", "asgi_redis")


def setup_logger(name: str, verbosity: int = 1) -> logging.Logger:
    """Returns a logger that writes to the terminal, as the commands' `-v` asks for.

    What the packages log looks the same, unless the project's LOGGING has handlers for it.

    Arguments:
        name: of the logger.
        verbosity: 0 warnings only, 1 information, 2 and more everything.
    """
    logger = logging.getLogger(name)
    level = {0: logging.WARNING, 1: logging.INFO}.get(verbosity, logging.DEBUG)
    logger.setLevel(level)
    if not logger.handlers:
        _write_to_terminal(logger)
    for package in map(logging.getLogger, PACKAGES):
        if not package.hasHandlers():
            package.setLevel(level)
            _write_to_terminal(package)
    return logger


def _write_to_terminal(logger: logging.Logger) -> None:
    handler = logging.StreamHandler()
    handler.setFormatter(
        logging.Formatter("%(asctime)s - %(levelname)s - %(module)s - %(message)s")
    )
    logger.addHandler(handler)
    logger.propagate = False
