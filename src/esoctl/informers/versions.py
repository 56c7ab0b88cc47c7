"""Order of resource versions. Pure.

Within one kind they are decimal numbers that grow with every write; Kubernetes documents the comparison since 1.35.
Versions that are no such numbers can only be told equal or different. Source: KEP-5504, "Comparable Resource Version".
"""


def older(one: str, other: str) -> bool:
    """Whether ``one`` is surely older than ``other``."""
    return one.isdecimal() and other.isdecimal() and int(one) < int(other)


def reached(seen: str, wanted: str) -> bool:
    """Whether a reader that has seen one version has also seen the other."""
    return seen == wanted or older(wanted, seen)
