"""One module a workload: the ability it `NEEDS`, and `measure(stack, effort)`."""

from benchmarks.workloads import (
    broadcast,
    echo,
    group_send,
    handshakes,
    memory,
    noop,
    ordering,
    servers,
    start,
    steady,
    view,
)

WORKLOADS = {
    "broadcast": broadcast,
    "group_send": group_send,
    "steady": steady,
    "echo": echo,
    "view": view,
    "noop": noop,
    "ordering": ordering,
    "memory": memory,
    "servers": servers,
    "start": start,
    "handshakes": handshakes,
}
