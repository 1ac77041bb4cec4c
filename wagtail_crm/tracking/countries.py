"""Where a visitor is, as a proxy in front of the site says."""

from django.http import HttpRequest

from wagtail_crm.conf import crm_settings

# ISO 3166-1 alpha-2. What proxies send beside it is no country: XX (unknown), T1 (Tor), EU.
CODES = (
    "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR "
    "BS BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ "
    "EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW "
    "GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY "
    "KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV "
    "MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY "
    "QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG "
    "TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM "
    "ZW"
)
COUNTRIES = frozenset(CODES.split())
# No ISO code yet; proxies, and the European Commission, use it for Kosovo.
KOSOVO = "XK"
UNKNOWN = ""


def country_of(request: HttpRequest) -> str:
    """Two capital letters; ``UNKNOWN`` without ``COUNTRY_HEADER``, or for anything but a code."""
    header = crm_settings.country_header
    if header is None:
        return UNKNOWN
    code = request.META.get(f"HTTP_{header.upper().replace('-', '_')}", "").strip().upper()
    return code if code in COUNTRIES or code == KOSOVO else UNKNOWN


def place_of(request: HttpRequest) -> dict[str, str]:
    """``{"country": …}`` for the data of an event, or nothing."""
    country = country_of(request)
    return {"country": country} if country else {}
