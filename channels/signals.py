"""Signals around consumers and workers (the contract, section 2)."""

from django.dispatch import Signal

# Sent before and after every consumer call, with `sender` the worker class;
# `consumer_started` also carries `environ` (always an empty dict).
consumer_started = Signal()
consumer_finished = Signal()

# Sent by every worker thread, and once by every worker process, before it takes messages.
worker_ready = Signal()
worker_process_ready = Signal()
