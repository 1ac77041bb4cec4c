"""How often one browser, or one address, may report; counted in the cache for a minute."""

import ipaddress
import logging
import time

from allauth.account.adapter import get_adapter
from django.core.cache import caches
from django.core.exceptions import ImproperlyConfigured, PermissionDenied
from django.http import HttpRequest
from django.utils.crypto import salted_hmac

from wagtail_crm.conf import crm_settings

from .context import Crm

logger = logging.getLogger(__name__)

WINDOW = 60
# Browsers that may share an address: an office, a school.
BROWSERS_PER_ADDRESS = 20
# Of IPv6 a household has so many bits alike, and all others at its will (RFC 6177).
HOUSEHOLD = 64


def is_too_fast(crm: Crm) -> bool:
    """Count this report; whether its browser or its address has sent too many."""
    limit = crm_settings.beacon_rate
    if crm.visitor_id is not None and _count(f"visitor:{crm.visitor_id}") > limit:
        return True
    client = client_key(crm.request)
    return bool(client) and _count(f"client:{client}") > limit * BROWSERS_PER_ADDRESS


def client_key(request: HttpRequest) -> str:
    """A hash of the address, of IPv6 of the household; "" where it is not that of a browser.

    Which header tells it behind a proxy, allauth's settings say. A private address is an
    intranet, or a proxy that nobody told us of: it stands for everybody.
    """
    try:
        address = ipaddress.ip_address(get_adapter(request).get_client_ip(request))
    except (ValueError, PermissionDenied, ImproperlyConfigured):
        return ""
    if address.version == 6:
        address = address.ipv4_mapped or address
    if not address.is_global:
        return ""
    bits = HOUSEHOLD if address.version == 6 else address.max_prefixlen
    network = ipaddress.ip_network((address, bits), strict=False)
    return salted_hmac("crm.rate", str(network)).hexdigest()[:20]


def _count(key: str) -> int:
    """How many in this minute. A cache that is away limits nobody.

    The minute is in the key: caches in a database or in files forget with each count when the
    minute ends.
    """
    cache = caches[crm_settings.cache_alias]
    key = f"crm:rate:{int(time.time() // WINDOW)}:{key}"
    try:
        return 1 if cache.add(key, 1, WINDOW) else cache.incr(key)
    except ValueError:  # the minute ended between the two, or the cache is away
        return 1
    except Exception:
        logger.exception("Nobody counts the reports of browsers.")
        return 1
