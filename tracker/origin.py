"""From where a request comes, for what is limited by address."""

from ipaddress import IPv6Address, ip_address

from django.http import HttpRequest

# Of IPv6 a subscriber has a network of this length at least, and any address in it (RFC 6177).
NETWORK_BITS = 64


def origin_of(request: HttpRequest) -> str:
    """The client's IPv4 address or its IPv6 network; empty where there is neither."""
    try:
        address = ip_address(request.META.get("REMOTE_ADDR") or "")
    except ValueError:
        return ""
    if not isinstance(address, IPv6Address):
        return str(address)
    host_bits = 128 - NETWORK_BITS
    return str(address.ipv4_mapped or IPv6Address(int(address) >> host_bits << host_bits))
