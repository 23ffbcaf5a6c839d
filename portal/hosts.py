"""Names of hosts in the one form that machines use. Plain Python; must not look any name up."""

import idna


def ascii_host(name: str) -> str:
    """The ASCII form of a host's name by IDNA 2008 (UTS 46, not transitional): lower case, no dot at its end.

    Raises ValueError where it has none.
    """
    try:
        return idna.encode(name, uts46=True).decode().lower().removesuffix(".")
    except idna.IDNAError:
        raise ValueError("the name of this host has no ASCII form") from None


def host_in_letters(name: str) -> str:
    """An ASCII name in the letters of its own script; as it is where it has none."""
    try:
        return idna.decode(name) if "xn--" in name else name
    except idna.IDNAError:
        return name
