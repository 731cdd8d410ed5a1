"""Models bound to groups: changes go out, and come in (the contract, section 2)."""

from channels.binding.base import Binding

__all__ = ["Binding"]
