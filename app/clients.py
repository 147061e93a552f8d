"""Who asks: the address behind the proxies we know, as far as it names somebody."""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address, ip_network

from starlette.types import Scope

from playhead.errors import SettingsError
from playhead.settings import Settings

NOBODY = "nobody"
"""A client whose address is not known, or is none; they are all one."""

# One subscriber has at least so much to choose addresses from (RFC 6177, 2).
SUBSCRIBER = 64


def proxies(settings: Settings) -> list[str]:
    """The addresses and networks whose word about who asks is taken. Raises SettingsError."""
    named = settings.proxies.replace(",", " ").split()
    for each in named:
        try:
            ip_network(each)
        except ValueError as error:
            raise SettingsError(
                f"PLAYHEAD_PROXIES: {error}; write addresses and networks, as in 127.0.0.1, 172.16.0.0/12."
            ) from None
    return named


def address_of(scope: Scope) -> str:
    """The address of whoever asks; of IPv6 the network of one subscriber."""
    address = _parsed(scope)
    if isinstance(address, IPv6Address):
        return str(ip_network((int(address) >> 128 - SUBSCRIBER << 128 - SUBSCRIBER, SUBSCRIBER)))
    return NOBODY if address is None else str(address)


def is_here(scope: Scope) -> bool:
    """Whether the request comes from this machine."""
    address = _parsed(scope)
    return address is not None and address.is_loopback


def _parsed(scope: Scope):  # type: ignore[no-untyped-def]
    client = scope.get("client")
    try:
        address = ip_address(client[0])
    except (TypeError, ValueError):
        return None
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address
