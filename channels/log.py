"""Log output of the commands."""

import logging


def setup_logger(name: str, verbosity: int = 1) -> logging.Logger:
    """Returns a logger that writes to the terminal, as the commands' `-v` asks for.

    Arguments:
        name: of the logger.
        verbosity: 0 warnings only, 1 information, 2 and more everything.
    """
    logger = logging.getLogger(name)
    level = {0: logging.WARNING, 1: logging.INFO}.get(verbosity, logging.DEBUG)
    logger.setLevel(level)
    if not logger.handlers:
        handler = logging.StreamHandler()
        handler.setFormatter(
            logging.Formatter("%(asctime)s - %(levelname)s - %(module)s - %(message)s")
        )
        logger.addHandler(handler)
        logger.propagate = False
    return logger
