"""Names of channels and groups: what is allowed and what a name says (the contract, section 1)."""

import re
import secrets
import string
from collections.abc import Callable
from functools import lru_cache, wraps

MAX_LENGTH = 99
RANDOM_LENGTH = 12
ALPHABET = string.ascii_letters + string.digits
# What the channels begin with on which the rest of a request's body comes.
BODY_CHANNELS = "http.request.body?"

_CHANNEL = re.compile(r"[A-Za-z0-9\-_.]+(?:[?!][A-Za-z0-9\-_.]*)?")
_GROUP = re.compile(r"[A-Za-z0-9\-_.]+")
_RULE = "must be a str of 1 to 99 ASCII letters, digits, '-', '_' or '.'"


def _remember(check: Callable[[str], str]) -> Callable[[str], str]:
    """Checks the same few names once; what is no name at all cannot even be looked up."""
    remembered = lru_cache(maxsize=4096)(check)

    @wraps(check)
    def checked(name: str) -> str:
        return remembered(name) if isinstance(name, str) else check(name)

    return checked


def is_local(channel: str) -> bool:
    """Whether the channel belongs to one process (its name has a `!`)."""
    return "!" in channel


def is_single_reader(channel: str) -> bool:
    """Whether the channel has one reader, who made it up (its name has a `?`)."""
    return "?" in channel


def owner_of(channel: str) -> str:
    """Returns the part of a process-local name that its process listens on, up to the `!`."""
    return channel[: channel.index("!") + 1]


@_remember
def check_channel(channel: str) -> str:
    """Returns a name that can be sent to, or raises a TypeError that says what is wrong."""
    _check_shape(channel)
    if channel.endswith("!"):
        raise TypeError(f"Channel name {channel!r} needs something after its '!' to be sent to.")
    return channel


@_remember
def check_receivable(channel: str) -> str:
    """Returns a name that can be received on, or raises a TypeError that says what is wrong."""
    _check_shape(channel)
    if is_local(channel) and not channel.endswith("!"):
        raise TypeError(
            f"Channel name {channel!r} is process-local: receive on {owner_of(channel)!r} instead."
        )
    return channel


@_remember
def check_group(group: str) -> str:
    """Returns a valid group name, or raises a TypeError that says what is wrong."""
    if isinstance(group, str) and len(group) <= MAX_LENGTH and _GROUP.fullmatch(group):
        return group
    raise TypeError(f"Group name {group!r} is not valid: it {_RULE}.")


def new_name(pattern: str) -> str:
    """Returns a fresh random single-reader name for a pattern that ends in `?`."""
    check_receivable(pattern)
    if not pattern.endswith("?"):
        raise TypeError(f"new_channel({pattern!r}): the pattern must end in '?'.")
    if len(pattern) > MAX_LENGTH - RANDOM_LENGTH:
        raise TypeError(
            f"new_channel({pattern!r}): the pattern may have {MAX_LENGTH - RANDOM_LENGTH}"
            f" characters, for {RANDOM_LENGTH} more are added."
        )
    return pattern + random_part()


def random_part() -> str:
    """Returns a random, unguessable piece for a channel name."""
    return "".join(secrets.choice(ALPHABET) for _ in range(RANDOM_LENGTH))


def _check_shape(channel: str) -> None:
    if not (
        isinstance(channel, str) and len(channel) <= MAX_LENGTH and _CHANNEL.fullmatch(channel)
    ):
        raise TypeError(
            f"Channel name {channel!r} is not valid: it {_RULE}, with at most one '?' or '!'."
        )
