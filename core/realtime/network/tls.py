"""TLS on this side: whom to trust, and in words why a hub is not.

Owns the one context for `wss://` and `https://`. Certificates and names are always checked; an authority of
the venue's own is named by the setting `tls_ca`, never skipped.
"""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

from core.errors import BadSettings

if TYPE_CHECKING:
    from pathlib import Path

_UNKNOWN_AUTHORITY = (18, 19, 20, 21)
"""OpenSSL's X509_V_ERR_*: self-signed, self-signed in the chain, no issuer, an unverified leaf."""
_NOT_YET, _EXPIRED, _OTHER_NAME, _OTHER_ADDRESS = 9, 10, 62, 64


def client_context(authority: Path | None) -> ssl.SSLContext:
    """Return the context for links and requests.

    Args:
        authority: a file of certificates to trust besides the system's, in PEM; `None` for none.

    Raises:
        BadSettings: the file cannot be used.
    """
    context = ssl.create_default_context()
    if authority is not None:
        try:
            context.load_verify_locations(authority)
        except (OSError, ssl.SSLError) as error:
            is_read = isinstance(error, ssl.SSLError)
            why = " is not a file of certificates in PEM" if is_read else f": {error.strerror}"
            raise BadSettings("tls_ca", "settings", f"{authority}{why}") from error
    return context


def tls_reason(error: BaseException) -> str:
    """Return why TLS failed, in words, where that is what an error comes from; else `""`."""
    found: BaseException | None = error
    while found is not None:
        if isinstance(found, ssl.SSLError):
            return tls_words(found)
        found = found.__cause__ or found.__context__
    return ""


def tls_words(error: ssl.SSLError) -> str:
    """Say why a hub's TLS is not accepted, and what to do."""
    if not isinstance(error, ssl.SSLCertVerificationError):
        return "what answers there speaks no TLS; use ws:// for it, if that is meant"
    match error.verify_code:
        case code if code in _UNKNOWN_AUTHORITY:
            return "this laptop does not know who vouches for the hub's certificate; name them by tls_ca"
        case code if code in (_OTHER_NAME, _OTHER_ADDRESS):
            return "the hub's certificate is for another name; use the address that it was made for"
        case code if code == _EXPIRED:
            return "the hub's certificate has expired; ops must renew it (or this laptop's clock is wrong)"
        case code if code == _NOT_YET:
            return "the hub's certificate is not valid yet; is this laptop's clock right?"
        case _:
            return f"the hub's certificate is not accepted: {error.verify_message}"
