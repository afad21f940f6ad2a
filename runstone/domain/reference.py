"""References from one version's file to another's, in the form that clients write them."""

import re
from dataclasses import dataclass

LONGEST = 18  # digits of a number that every database holds
_FORM = re.compile(r"wandb-(client-)?artifact://([^/:]+)/(.+)")


@dataclass(frozen=True, slots=True)
class Reference:
    """A file of another version. `number` is the version's; None where a client's own name (`owner`) has to
    be looked up."""

    owner: str
    number: int | None
    path: str


def reference_of(address: str | None) -> Reference | None:
    """What an address refers to; None for addresses of other kinds, and for those that name no version.

    A version is named by its id in the wire's form, hexadecimal.
    """
    found = _FORM.fullmatch(address or "")
    if found is None:
        return None
    client, owner, path = found.groups()
    if client:
        return Reference(owner, None, path)
    try:
        number = bytes.fromhex(owner).decode().rpartition(":")[2]
    except ValueError:
        return None
    return Reference(owner, int(number), path) if number.isdecimal() and len(number) <= LONGEST else None
