"""Which IP addresses belong to the open internet. Everything else is somebody's inside."""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

# IANA IPv4 and IPv6 Special-Purpose Address Registries (RFC 6890), written out: what Python calls global differs by release.
SPECIAL_4 = [
    IPv4Network(one)
    for one in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24",
        "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15",
        "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
    )
]  # fmt: skip
UNICAST_6 = IPv6Network("2000::/3")  # the only block that is given out
# Teredo (in 2001::/23) and 6to4 carry an IPv4 address to which a relay would deliver: refused whatever they carry.
SPECIAL_6 = [IPv6Network(one) for one in ("2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20")]
NAT64 = IPv6Network("64:ff9b::/96")  # how a network without IPv4 reaches it (RFC 6052)

# With PORTSEC_WEBHOOK_ALLOW_PRIVATE: one's own machine and network, never the metadata of a cloud (link-local) or everybody at once.
PRIVATE = [IPv4Network(one) for one in ("10.0.0.0/8", "127.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")]
PRIVATE_6 = [IPv6Network(one) for one in ("::1/128", "fc00::/7")]


def is_open(address: str) -> bool:
    """Is it a global unicast address, and does it lead to no other one?"""
    at = ip_address(address)
    if isinstance(at, IPv4Address):
        return not any(at in network for network in SPECIAL_4)
    if at in NAT64:
        return is_open(str(IPv4Address(int(at) & 0xFFFFFFFF)))
    return at in UNICAST_6 and not any(at in network for network in SPECIAL_6) and not _is_isatap(at)


def is_private(address: str) -> bool:
    at = ip_address(address)
    if isinstance(at, IPv4Address):
        return any(at in network for network in PRIVATE)
    return any(at in network for network in PRIVATE_6)


def _is_isatap(at: IPv6Address) -> bool:
    """`…:0:5efe:a.b.c.d` (RFC 5214): a tunnel to the IPv4 address that it carries."""
    return (int(at) >> 32) & 0xFCFFFFFF == 0x00005EFE
