"""How browsers write their user agent strings, so that what is written otherwise stands out.

A list knows the crawlers of yesterday. A browser of whatever age names the system it runs on and
its engine, in a few shapes (RFC 9110 §10.1.5); a program that dresses up as one adds its own name,
its address or a version that is none. Phones and televisions show pages inside apps, which add
their names; so a name that nobody knows tells something on computers only.
"""

import re

# Nine strings of ten: a browser that says nothing about itself that another does not say.
PLAIN = re.compile(
    r"Mozilla/5\.0 \((?:Windows NT [\d.]+(?:; Win64; x64|; WOW64)?|Macintosh; Intel Mac OS X [\d_]+"
    r"|X11; (?:Linux x86_64|CrOS x86_64 [\d.]+)"
    r"|(?:iPhone|iPad); CPU (?:iPhone )?OS [\d_]+ like Mac OS X"
    r"|Linux; Android [\d.]+; [^;()@:]{1,60}(?:; wv)?)\) "
    r"AppleWebKit/[\d.]+ \(KHTML, like Gecko\)"
    r"(?: (?:Chrome|CriOS|Version|Mobile|Safari|Edg|EdgA|EdgiOS|FxiOS|OPR|GSA|SamsungBrowser)"
    r"/[\dE.]+"
    r"| Mobile)+"
)

# Android writes the model of the phone here, and there are phones called "Discovery" and "XBot".
MODEL = re.compile(r"(?<=Android )([\d.]+;(?: \w\w[-_]\w\w;)?)[^;)/+@]*(?=;|\)| Build/)")

# "Mozilla/5.0 (system) …"; some gateways take the parentheses away.
MOZILLA = re.compile(
    r"Mozilla[/ ]\d\.\d+ ?(?:\[[\w-]+\] ?)?"
    r"(?:\((?P<system>(?:[^()]|\([^()]*\))*)\)?|(?P<bare>\w+; .*?)(?=AppleWebKit|$))",
    re.IGNORECASE,
)
OTHER_SHAPES = re.compile(
    r"^(?:Opera/\d|Dalvik/\d|UCWEB/?\d|JUC ?\(|HbbTV/|RokuBrowser/|Lynx/\d|w3m/\d|E?Links[ /(])"
    r"|UCBrowser/\d"
)
OLD_PHONE = re.compile(
    r"""
    ^DoCoMo/\d | ^KDDI- | ^(?:SoftBank|Vodafone|J-PHONE)/\d | ^(?:MOT|LGE?|SAMSUNG|SEC|SHARP|SIE)-
    | ^(?:Nokia|BlackBerry|SonyEricsson|Pantech|Alcatel|ZTE|HUAWEI|Palm|Telit|Philips)[\w-]*[ /\d]
    | \b(?:UP\.(?:Browser|Link)|Obigo|NetFront|Teleca|Profile/MIDP|MIDP-\d|SymbianOS/|MAUI[ _])
    | \bLinux/\d[\d.]*\+?\ Android/\d
    """,
    re.VERBOSE | re.IGNORECASE,
)
SYSTEM = re.compile(
    r"""
    Windows | Win(?:9[58x]|NT|32|64) | Mac(?:intosh|\ ?OS|_|;) | \bX11\b | Linux | Andr[o0]id
    | iPhone | iPad | iPod | CrOS\b | BSD\b | SunOS | Fuchsia | Haiku | BeOS | Amiga | AROS | OS/2
    | RISC\ OS | HP-UX | IRIX | \bAIX\b | OpenVMS | QNX | MorphOS | Syllable | SerenityOS | CYGWIN
    | PlayStation | Nintendo | \bPSP\b | \bPS[23]\b | Xbox | Dreamcast | Oculus | Meta\ Horizon
    | SMART-?TV | Web0S | webOS | hpwOS | NetCast | Tizen | HbbTV | CE-HTML | \bTV\b | DTV | AppleTV
    | Roku | BRAVIA | VIERA | AQUOS | CrKey | BlackBerry | \bBB10\b | PlayBook | RIM\ Tablet
    | Symb(?:ian|OS) | Series\ ?[468]0 | \bS60 | Nokia | MeeGo | Maemo | Sailfish | KAIOS | \bBada\b
    | HarmonyOS | Kindle | Silk | Mobile; | Tablet; | Phone; | PalmOS | PalmSource | MobilePhone
    | hiptop | DoCoMo | KDDI | WILLCOM | DDIPOCKET | jig\ browser | MIDP | BREW | \bU;
    """,
    re.VERBOSE | re.IGNORECASE,
)
ENGINE = re.compile(
    r"^Mozilla/[1-4]\.|WebKit|Gecko|Trident/|MSIE|Presto|KHTML|Konqueror|Opera|Servo|IBrowse",
    re.IGNORECASE,
)

# On a computer the browser is a program of its own; elsewhere pages are shown inside apps.
COMPUTER = re.compile(r"Windows|Macintosh|X11|CrOS")
OTHER_DEVICE = re.compile(
    r"Android|Mobile|Phone|Tablet;|Xbox|TV\b|\barm|aarch64|\bVR\b|Tizen|Web0S|Oculus|Maemo|Sailfish"
    r"|PlayStation|Nintendo|Tesla|BrightSign|NetFront|Nokia|Viera",
    re.IGNORECASE,
)
# What stands between the semicolons of a computer's system beside the system itself.
SYSTEM_DETAIL = re.compile(
    r"|[UINK]|[a-z]{2,3}(?:[-_]\w+(?:-\w+)*)?|rv:[\w.]+|x64|WOW64|x86\w*|i\d86.*|amd64|arm\w*|Touch|Intel|PPC"
    r"|\d[\d.]*"
    r"|Trident/.*|\.NET.*|Konqueror.*|Odyssey.*|compatible|Unknown|Ubuntu.*|Fedora.*|Debian.*|CentOS.*"
    r"|Gentoo.*|Arch.*|Wayland|Media Center.*|Tablet PC.*|\w{2,10}JS|(?:MA|LC|AS)\w{2}|SV1"
    r"|WebView/.*"
)
# What follows the system on a computer: engines, browsers, Linux distributions.
KNOWN_NAME = re.compile(
    r"""
    AppleWebKit | KHTML | Gecko\d* | like | Safari | Version | Chrome | Chromium | Firefox |
    Edge? | Edg\w* | Presto | Goanna | Servo | Trident | Opera | OPR | OPX | Mobile |
    QtWebEngine | QtWebKit | OWB | Vivaldi | YaBrowser | Yowser | SA | SamsungBrowser |
    DuckDuckGo | Ddg | brave | Whale | Iridium | Iron | Maxthon | Sleipnir | Lunascape | Kinza |
    Floorp | Cent | CentBrowser | coc_coc\w* | Arc | UCBrowser | UBrowser | QQBrowser | QBCore |
    MetaSr | SE | LBBROWSER | BIDUBrowser | 360\w* | QIHU | 2345\w* | Quark\w* | HuaweiBrowser |
    ArkWeb | MiuiBrowser | HeyTapBrowser | VivoBrowser | Sogou\w* | TheWorld | TaoBrowser |
    MicroMessenger | WindowsWechat | MacWechat | MiniProgramEnv | NetType | WIFI | XWEB | Flue |
    Weixin | wxwork | DingTalk\w* | Lark | Feishu | Line | NAVER | KAKAOTALK | Puffin | Avast\w*
    | AVG\w* | Avira\w* | CCleaner\w* | Norton\w* | ADG | AOL\w* | Comodo\w* | Dragon |
    IceDragon | Seznam\w* | SznProhlizec | Atom | Amigo | MRCHROME | Sputnik\w* | Epic | Torch |
    RockMelt | CoolNovo | ChromePlus | Flock | Superbird | Falkon | QupZilla | Otter |
    OtterBrowser | Arora | rekonq | Konqueror | Epiphany | Web | Midori | surf | qutebrowser |
    luakit | uzbl | Dooble | Nyxt | Orion | OmniWeb | iCab | Camino | Shiira | Sunrise\w* |
    Stainless | Cheshire | Roccat\w* | SeaMonkey | Netscape\w* | Navigator | Phoenix | Firebird
    | BonEcho | GranParadiso | Minefield | Namoroka | Shiretoko | Lorentz | Nightly | Iceweasel
    | IceCat | Iceape | Waterfox | Pale\ ?Moon | Basilisk | K-Meleon | LibreWolf | Zen |
    Cyberfox | Galeon | Kazehakase | Conkeror | Swiftfox | CometBird | Fennec | Kapiko |
    Lightning | Mnenhy | Thunderbird | Obigo | Valve | Steam\w* | GameOverlay | Ordissimo |
    webissimo\d | obsidian | Spark | BDSpark | Snowshoe | AlohaBrowser | Ecosia\w* | Ghostery |
    Tor\w* | Mypal | Supermium | Wavebox | Colibri | Sidekick | Silk | Lenovo\w* | [KX]?ubuntu |
    Debian\S* | Fedora | CentOS | Red | Hat | RedHat | (?:open)?SUSE | Mandriva | Mageia |
    Gentoo | Slackware | Arch | Mint | Linux | Kylin | PCLinuxOS | VectorLinux | Xfce | GNOME |
    KDE | Earth | GTB\d* | Snapshot | WebView2?
    """,
    re.VERBOSE | re.IGNORECASE,
)
# Forks of Chrome, of which there are more than anybody lists, number themselves as it does.
FORKED_VERSION = re.compile(r"\d{2,3}\.\d+\.\d{3,5}\.\d+")
WORD = re.compile(
    r"\((?P<aside>(?:[^()]|\([^()]*\))*)\)?|(?P<name>[^\s/();,]+)(?:/(?P<version>\S*))?"
)
KNOWN_ASIDE = re.compile(
    r"KHTML,? ?like ?Gecko(?:,? ?(?:Safari|Chrome|Version)?/?[\d.]*)?|like (?:Gecko|Firefox).*"
    r"|Edition .*|.*\.NET.*|ax|[a-z]+|[\w.~+-]*\d[\w.~+-]*|Debian.*|Ubuntu.*|Swiftfox"
    r"|(?:Git|Change): .*|WEB\.DE/.*|Windows.*|Linux.*|Mac.*|"
)

# "compatible;" is how Explorer's rivals began; a few old browsers still do, and most crawlers.
COMPATIBLE = re.compile(
    r"""
    \bcompatible[;,](?!\ *(?:U;|(?:MSIE|IE|Konqueror|OmniWeb|NetFront|NetPositive|IBrowse|Opera
    |Windows|Win|Linux|X11|Android|Mac|iCab|ABrowse|AOL|Elaine|WebTV|Series|Symbian|PalmOS|Gecko|Polaris
    |BOLT|ANTGalio|NCBrowser|OffByOne|Danger|Avant|MS|ms|Mozilla)\b))
    """,
    re.VERBOSE,
)
# Forgers write their names where browsers say no more than "(KHTML, like Gecko)".
FORGED_LIKE = re.compile(
    r"\(KHTML,? ?like Gecko(?!,? ?(?:Safari|Chrome|Version)?/?[\d.]*\)|, HEVC)[,;]"
)
# Numbers that a program forgot to fill in.
NO_VERSION = re.compile(r"(?:Chrome|Firefox|Version)/(?:[A-Z]\.|[a-z{$%<])|\brv:[a-z]")
# Browsers have no address; a crawler gives one so that people can complain.
CONTACT = re.compile(
    r"""
    https?: | www\. | [\w.+-]+\ ?(?:@|[\[(]at[\])])\ ?[a-z][\w-]*\.[a-z]
    | (?<![\w./@-])(?!com\.|jp\.|net\.|org\.)(?:[A-Za-z][A-Za-z0-9-]*\.)+
      (?:com|org|net|io|ai|dev|app|co|de|fr|ru|cn|jp|uk|eu|info|biz|xyz|me|party|gy|cloud|tech|site)
      (?:/[\w./-]*)?(?=[\s);,]|$)
    """,
    re.VERBOSE,
)
# What programs call themselves by what they do.
TRADE = re.compile(
    r"""
    (?=[abcdfhilmprstuvw])(?:
    headless | selenium | webdriver | playwright | puppeteer | phantomjs | cypress/ | splash\b |
    (?<!cu)bot(?:\b|_|/) | crawl | spider | scrap(?:e|ing|y) | (?<!cam)scan(?:ner)? | audit |
    inspect | monitor | synthetic | validat | verif(?:y|ier|ication) | checker\b | lookup |
    discovery | detect | preview(?!s) | thumbnail | screenshot | fingerprint | diagnostic |
    benchmark | harvest | research | archiv(?:e|er|ing)\b | analyz | agent\b | http-?client |
    library | watcher | fetch(?:er)? | uptime | pagespeed | lighthouse | probe\b | insights?\b
    )
    """,
    re.VERBOSE,
)


def is_plain(user_agent: str) -> bool:
    """Whether it says what nearly all browsers say and no more; quick, and never a machine's."""
    return PLAIN.fullmatch(user_agent) is not None


def without_model(user_agent: str) -> str:
    """The string without the name that Android gives the phone: it is the maker's choice."""
    return MODEL.sub(r"\1", user_agent)


def names_itself_machine(user_agent: str) -> bool:
    """Whether an address, a trade or a forger's slip stands anywhere in the string."""
    user_agent = without_model(user_agent)
    signs = (NO_VERSION, COMPATIBLE, FORGED_LIKE, CONTACT)
    return any(sign.search(user_agent) for sign in signs) or bool(TRADE.search(user_agent.lower()))


def is_shaped_like_a_browser(user_agent: str) -> bool:
    """Whether a browser could have written it: its system, its engine, and no stranger's name."""
    if OTHER_SHAPES.search(user_agent) or OLD_PHONE.search(user_agent):
        return True
    found = MOZILLA.search(user_agent)
    if found is None:
        return False
    system = found["system"] or found["bare"] or ""
    if not SYSTEM.search(system):
        return False
    if OTHER_DEVICE.search(user_agent) or not COMPUTER.search(system):
        return True
    if user_agent[: found.start()].strip('"') or not ENGINE.search(user_agent):
        return False
    # Explorer let every program write into its string, and Electron is what apps are made of.
    if "MSIE" in system or "Trident" in system or " Electron/" in user_agent:
        return True
    return _is_known_system(system) and _has_known_names(user_agent[found.end() :])


def _is_known_system(system: str) -> bool:
    parts = (part.strip() for part in system.split(";"))
    return all(SYSTEM.search(part) or SYSTEM_DETAIL.fullmatch(part) for part in parts)


def _has_known_names(text: str) -> bool:
    for word in WORD.finditer(text):
        aside, name, version = word["aside"], word["name"], word["version"] or ""
        if aside is not None:
            if not KNOWN_ASIDE.fullmatch(aside):
                return False
        elif not _is_known(name, version):
            return False
    return True


def _is_known(name: str, version: str) -> bool:
    if not name[0].isalpha() or KNOWN_NAME.fullmatch(name):
        return True
    return FORKED_VERSION.fullmatch(version) is not None
