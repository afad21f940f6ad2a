"""Our integer ids as the opaque base64 texts that clients store, and back."""

import base64
import binascii

from runstone.domain.errors import Invalid

MOST_DIGITS = 18  # all numbers of so many digits fit into a database


def wire_id(kind: str, number: int) -> str:
    """`base64("Kind:number")`. Clients turn artifact ids into hex and back, so it must be base64."""
    return base64.b64encode(f"{kind}:{number}".encode()).decode()


def number_of(kind: str, text: str) -> int:
    """The number of an opaque id of that kind. Raises `Invalid` for any other text."""
    found = try_number_of(kind, text)
    if found is None:
        raise Invalid(f"{kind} id {text!r} is not one of this server's ids.")
    return found


def try_number_of(kind: str, text: str) -> int | None:
    """The same, None for any other text. Padding may be missing (addresses drop it)."""
    try:
        plain = base64.b64decode(text + "=" * (-len(text) % 4), validate=True).decode()
    except (binascii.Error, ValueError):
        return None
    found, _, number = plain.partition(":")
    if found != kind or not number.isascii() or not number.isdigit() or len(number) > MOST_DIGITS:
        return None
    return int(number)
