"""What each judge of user agents says by itself; both together: test_devices.py."""

import time

import pytest

from wagtail_crm.tracking.devices import LONGEST_STRING, is_machine

PEOPLE = [
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, "
    "like Gecko) Mobile/15E148 Safari Line/14.8.0",
    "Mozilla/5.0 (Linux; Android 14; SO-51D Build/67.2.A.2.118; wv) AppleWebKit/537.36 "
    "(KHTML, like Gecko) Version/4.0 Chrome/125.0.6422.165 Mobile Safari/537.36 "
    "Line/14.9.1/IAB",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, "
    "like Gecko) Mobile/15E148 Instagram 335.1.8.26.85 (iPhone15,2; iOS 17_5_1; ja_JP; ja; "
    "scale=3.00; 1179x2556; 608220893)",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, "
    "like Gecko) Mobile/21E236 "
    "[FBAN/FBIOS;FBAV/464.0.0.28.108;FBBV/599446573;FBDV/iPhone13,2;FBMD/iPhone;FBSN/iOS;FBSV"
    "/17.4.1;FBSS/3;FBID/phone;FBLC/ja_JP;FBOP/5]",
    "Mozilla/5.0 (Linux; Android 13; SH-52C Build/S2039; wv) AppleWebKit/537.36 (KHTML, like "
    "Gecko) Version/4.0 Chrome/124.0.6367.179 Mobile Safari/537.36 "
    "[FB_IAB/FB4A;FBAV/465.0.0.50.75;]",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 16_7_8 like Mac OS X) AppleWebKit/605.1.15 (KHTML, "
    "like Gecko) Version/16.6 Mobile/15E148 Safari/604.1 YJApp-IOS "
    "jp.co.yahoo.ipn.appli/4.113.1",
    "Mozilla/5.0 (Linux; Android 12; A102SH Build/SB040; wv) AppleWebKit/537.36 (KHTML, like "
    "Gecko) Version/4.0 Chrome/124.0.6367.82 Mobile Safari/537.36 YJApp-ANDROID "
    "jp.co.yahoo.android.yjtop/3.170.0",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, "
    "like Gecko) Mobile/15E148 SmartNews/24.6.10",
    "Mozilla/5.0 (Linux; Android 11; F-41B Build/V15R060A; wv) AppleWebKit/537.36 (KHTML, "
    "like Gecko) Version/4.0 Chrome/123.0.6312.118 Mobile Safari/537.36 "
    "jp.gocro.smartnews.android/24.5.10",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, "
    "like Gecko) Version/17.5 Mobile/15E148 Safari/604.1 Twitter for iPhone/10.46",
    "Mozilla/5.0 (Linux; Android 14; Pixel 8 Build/AP1A.240505.005; wv) AppleWebKit/537.36 "
    "(KHTML, like Gecko) Version/4.0 Chrome/125.0.6422.113 Mobile Safari/537.36 "
    "TwitterAndroid",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, "
    "like Gecko) Mobile/15E148 musical_ly_34.9.0 JsSdk/2.0 NetType/WIFI Channel/App Store "
    "ByteLocale/ja Region/JP",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, "
    "like Gecko) Mobile/15E148 Gunosy/8.99.0",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, "
    "like Gecko) Mobile/15E148 Rakuten/4.1 RakutenIchibaApp",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 15_8_2 like Mac OS X) AppleWebKit/605.1.15 (KHTML, "
    "like Gecko) Mobile/15E148 MicroMessenger/8.0.49(0x18003137) NetType/WIFI Language/ja",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/122.0.0.0 Safari/537.36 NetType/WIFI MicroMessenger/7.0.20.1781(0x6700143B) "
    "WindowsWechat(0x63090b11)XWEB/9129 Flue",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, "
    "like Gecko) GSA/319.0.638062276 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (Linux; Android 9; BRAVIA 4K UR2 Build/PTT1.190515.001.S104; wv) "
    "AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/98.0.4758.101 Mobile "
    "Safari/537.36",
    "Mozilla/5.0 (SMART-TV; Linux; Tizen 6.0) AppleWebKit/537.36 (KHTML, like Gecko) "
    "76.0.3809.146/6.0 TV Safari/537.36",
    "Mozilla/5.0 (Web0S; Linux/SmartTV) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/94.0.4606.128 Safari/537.36 WebAppManager",
    "Mozilla/5.0 (PlayStation; PlayStation 5/9.00) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/15.4 Safari/605.1.15",
    "Mozilla/5.0 (PlayStation 4 11.00) AppleWebKit/605.1.15 (KHTML, like Gecko)",
    "Mozilla/5.0 (PLAYSTATION 3; 3.55)",
    "Mozilla/5.0 (Nintendo Switch; WifiWebAuthApplet) AppleWebKit/609.4 (KHTML, like Gecko) "
    "NF/6.0.2.21.3 NintendoBrowser/5.1.0.22474",
    "Mozilla/5.0 (Nintendo WiiU) AppleWebKit/536.30 (KHTML, like Gecko) NX/3.0.4.2.12 "
    "NintendoBrowser/4.3.1.11264.JP",
    "Mozilla/5.0 (Nintendo 3DS; U; ; ja) Version/1.7567.JP",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; Xbox; Xbox Series X) AppleWebKit/537.36 "
    "(KHTML, like Gecko) Chrome/124.0.0.0 Safari/537.36 Edge/44.18363.8131",
    "DoCoMo/2.0 P903i(c100;TB;W24H12)",
    "DoCoMo/1.0/D503i/c10",
    "KDDI-CA39 UP.Browser/6.2.0.13.1.5 (GUI) MMP/2.0",
    "KDDI-SN3K UP.Browser/6.2_7.2.7.1.K.3.350 (GUI) MMP/2.0",
    "SoftBank/1.0/941SH/SHJ001[/Serial] Browser/NetFront/3.5 Profile/MIDP-2.0 "
    "Configuration/CLDC-1.1",
    "Vodafone/1.0/V904SH/SHJ001 Browser/VF-NetFront/3.3 Profile/MIDP-2.0 Configuration/CLDC-1.1",
    "J-PHONE/3.0/J-SH03",
    "Mozilla/3.0(WILLCOM;KYOCERA/WX310K/2;1.2.7.17.000000/0.1/C100) Opera 7.0",
    "Mozilla/3.0(DDIPOCKET;KYOCERA/AH-K3001V/1.4.1.67.000000/0.1/C100) Opera 7.0",
    "Mozilla/4.0 (compatible; MSIE 6.0; KDDI-TS3G) Opera 8.60 [ja]",
    "Mozilla/5.0 (Linux; U; Android 2.3.4; ja-jp; SonyEricssonSO-02C Build/4.0.1.B.0.117) "
    "AppleWebKit/533.1 (KHTML, like Gecko) Version/4.0 Mobile Safari/533.1",
    "Mozilla/5.0 (Linux; U; Android 4.0.3; ja-jp; F-04D Build/V08R31A) AppleWebKit/534.30 "
    "(KHTML, like Gecko) Version/4.0 Mobile Safari/534.30",
    "Opera/9.80 (Android; Opera Mini/36.2.2254/119.132; U; ja) Presto/2.12.423 Version/12.16",
    "Mozilla/5.0 (Windows NT 10.0; WOW64; Trident/7.0; rv:11.0) like Gecko",
    "Mozilla/5.0 (Windows NT 6.3; WOW64; Trident/7.0; Touch; .NET4.0E; .NET4.0C; Tablet PC "
    "2.0; MALNJS; rv:11.0) like Gecko",
    "Mozilla/5.0 (compatible; MSIE 10.0; Windows NT 6.2; WOW64; Trident/6.0)",
    "Mozilla/4.0 (compatible; MSIE 8.0; Windows NT 6.1; Trident/4.0; SLCC2; .NET CLR "
    "2.0.50727; InfoPath.3; Sleipnir/2.9.9)",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/91.0.4472.124 Safari/537.36 Sleipnir/6.4.9",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:109.0) Gecko/20100101 Firefox/112.0 "
    "Floorp/10.13.0",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/108.0.0.0 Safari/537.36 Kinza/6.9.0",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/118.0.0.0 Safari/537.36 Vivaldi/6.4.3160.47",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/120.0.0.0 Safari/537.36 Herring/95.1.1930.31",
    "Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:126.0) Gecko/20100101 Firefox/126.0",
    "Mozilla/5.0 (X11; U; Linux i686; ja; rv:1.9.2.3) Gecko/20100423 Ubuntu/10.04 (lucid) "
    "Firefox/3.6.3",
    "Mozilla/5.0 (Macintosh; U; PPC Mac OS X; ja-jp) AppleWebKit/312.5.1 (KHTML, like Gecko) "
    "Safari/312.3.1",
    "Mozilla/5.0 (Macintosh; U; Intel Mac OS X 10_6_8; ja-jp) AppleWebKit/533.21.1 (KHTML, "
    "like Gecko) Version/5.0.5 Safari/533.21.1",
    "Mozilla/5.0 (Windows; U; Windows NT 5.1; ja; rv:1.9.0.19) Gecko/2010031422 "
    "Firefox/3.0.19 (.NET CLR 3.5.30729)",
    "Mozilla/5.0 (X11; CrOS aarch64 15633.69.0) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/119.0.6045.212 Safari/537.36",
    "Mozilla/5.0 (Linux; Android 11; KFTRWI) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Silk/124.4.5 like Chrome/124.0.6367.207 Safari/537.36",
    "Mozilla/5.0 (Mobile; Nokia_8110_4G; rv:48.0) Gecko/48.0 Firefox/48.0 KAIOS/2.5",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, "
    "like Gecko) Version/17.0 EdgiOS/125.0.2535.72 Mobile/15E148 Safari/605.1.15",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:126.0) Gecko/20100101 Firefox/126.0",
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.0 "
    "Safari/605.1.15 Ubuntu/23.10 (3.38.1-1) Epiphany/605.1.15",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/126.0.0.0 Safari/537.36 OPR/112.0.0.0 (Edition Yx GX 03)",
    "Mozilla/5.0 (Linux; Android 10; HD1913) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/125.0.6422.147 Mobile Safari/537.36 EdgA/125.0.2535.51",
    "Mozilla/5.0 (iPad; CPU OS 17_5_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
    "Gecko) Mobile/15E148 mercari/5.180.0",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, "
    "like Gecko) Mobile/15E148 PayPay/4.61.0",
    "Mozilla/5.0 (Linux; Android 13; moto g(30) Build/T1RCS33; wv) AppleWebKit/537.36 "
    "(KHTML, like Gecko) Version/4.0 Chrome/124.0.0.0 Mobile Safari/537.36 Pinterest for "
    "Android",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Teams/1.7.00.13456 Chrome/114.0.5735.243 Electron/25.3.1 Safari/537.36",
    "Mozilla/5.0 (X11; Linux armv7l) AppleWebKit/537.36 (KHTML, like Gecko) Raspbian "
    "Chromium/78.0.3904.108 Chrome/78.0.3904.108 Safari/537.36",
    "Mozilla/5.0 (Windows NT 10.0; rv:115.0) Gecko/20100101 Firefox/115.0",
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/109.0.5414.119 Safari/537.36 Tesla/2023.44.30.8",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, "
    "like Gecko) Mobile/15E148",
    "Mozilla/5.0 (Linux; U; Android 9; ja-jp; Redmi Note 8 Build/PKQ1) AppleWebKit/537.36 "
    "(KHTML, like Gecko) Version/4.0 Chrome/89.0.4389.116 Mobile Safari/537.36 "
    "XiaoMi/MiuiBrowser/14.7.1-gn",
]
MACHINES = [
    "Mozilla/5.0",
    "Mozilla/5.0 (compatible)",
    "Mozilla/5.0 (compatible; Example/1.0)",
    "Mozilla/5.0 (Example-Verifier)",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/131.0.0.0 Safari/537.36 ExampleTool/3.0",
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko; Example) "
    "Chrome/131.0.0.0 Safari/537.36",
    "Mozilla/5.0 (X11; Linux x86_64; Example) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/131.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/131.0.0.0 Safari/537.36 (example.com)",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/131.0.0.0 Safari/537.36 (write to me[at]example.com)",
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "HeadlessChrome/131.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/W.X.Y.Z Safari/537.36",
    "Mozilla/5.0 (platform; rv:geckoversion) Gecko/geckotrail Firefox/firefoxversion",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, "
    "like Gecko) Mobile/15E148 ExampleMonitor/1.0",
    "example/1.0",
    "python-requests/2.32.3",
    "Go-http-client/2.0",
    "okhttp/4.12.0",
]
# What makes a careless expression try everything with everything.
HOSTILE = [
    "a." * 256,
    "a@" * 256,
    "(" * 512,
    "Mozilla/5.0 (" + "a;" * 250,
    "Mozilla/5.0 (X11) " + "A" * 494,
    "Mozilla/5.0 (Linux; Android 1.1; " + "a" * 479,
    "Mozilla/5.0 (X11; ab" + "_a" * 28 + "!) AppleWebKit/537.36 Chrome/1.0",
]


@pytest.mark.parametrize("agent", PEOPLE)
def test_browsers_apps_televisions_and_old_phones_are_people(agent):
    assert is_machine(agent) is False


@pytest.mark.parametrize("agent", MACHINES)
def test_what_no_browser_would_write_is_a_machine(agent):
    assert is_machine(agent) is True


@pytest.mark.parametrize("name", ["Discovery 2", "M bot 60", "XBot_Senior", "Spider 8"])
def test_a_phone_may_be_called_like_a_machine(name):
    agent = (
        f"Mozilla/5.0 (Linux; Android 11; {name} Build/RP1A.200720.011; wv) AppleWebKit/537.36 "
        "(KHTML, like Gecko) Version/4.0 Chrome/124.0.0.0 Mobile Safari/537.36 Line/14.9.1/IAB"
    )

    assert is_machine(agent) is False


@pytest.mark.parametrize("agent", HOSTILE, ids=range(len(HOSTILE)))
def test_no_string_takes_long(agent):
    started = time.process_time()
    is_machine(agent[:LONGEST_STRING])

    assert time.process_time() - started < 1
