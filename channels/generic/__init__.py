"""Consumers in the form of classes (the contract, section 2)."""

from channels.generic.base import BaseConsumer

__all__ = ["BaseConsumer"]
