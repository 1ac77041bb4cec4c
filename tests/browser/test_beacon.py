"""What a page measures, in a real browser, on a real page, under a strict policy."""

import json
import re
import time

import pytest
from django.core.files.base import ContentFile
from wagtail.documents.models import Document
from wagtail.models import Page, Site

from example.shop.demo.bodies import film
from example.shop.models import ContentPage, HomePage
from wagtail_crm.tracking.models import Event

pytestmark = pytest.mark.browser
POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
POLICY += "media-src 'self' blob:; font-src 'self'; connect-src 'self'; form-action 'self'; "
POLICY += "frame-src https://www.youtube-nocookie.com https://player.vimeo.com"
LINES = "".join(f"<p>{number}</p>" for number in range(200))
LINKS = (
    '<p><a href="https://elsewhere.example/a?b=c">Elsewhere</a> <a href="{flyer}">Flyer</a> '
    '<a href="/search/">Here</a></p>'
)


@pytest.fixture
def kneading(live_site, settings):
    """A long page with links, a document and a film."""
    disk = {"default": {"BACKEND": "django.core.files.storage.FileSystemStorage"}}
    settings.STORAGES = settings.STORAGES | disk
    Page.objects.filter(slug="home").delete()
    home = Page.objects.get(depth=1).add_child(instance=HomePage(title="Home", slug="home"))
    Site.objects.create(hostname="127.0.0.1", root_page=home, is_default_site=True)
    flyer = Document.objects.create(
        title="Flyer", file=ContentFile(b"%PDF-1.4\n%%EOF", name="flyer.pdf")
    )
    clip = film("rising.webm", "Rising")
    body = [
        {"type": "film", "value": {"name": "Rising", "file": clip.pk}},
        {"type": "text", "value": {"text": LINKS.format(flyer=flyer.url) + LINES}},
    ]
    page = ContentPage(title="Kneading", slug="kneading", body=json.dumps(body))
    page.flyer = flyer
    return home.add_child(instance=page)


@pytest.fixture
def visit(live_site, kneading, new_page):
    """Open the page as somebody who agreed; a breach of the policy fails the test."""
    complaints = []

    def open_page(answer="yes", path="/kneading/", **options):
        page = new_page(locale="en-GB", **options)
        page.on("console", lambda line: complaints.append(line.text) if line.type == "error" else 0)
        page.route("**/*", _with_policy)
        if answer:
            cookie = {"name": "crm_consent", "value": f"1:{answer}", "url": live_site.url}
            page.context.add_cookies([cookie])
        page.reports = []
        page.on("request", lambda request: _note(page, request))
        page.goto(live_site.url + path)
        return page

    yield open_page
    assert complaints == []


def _with_policy(route):
    if route.request.resource_type != "document":
        route.continue_()
        return
    response = route.fetch()
    route.fulfill(response=response, headers=response.headers | {"content-security-policy": POLICY})


def _note(page, request):
    if request.url.endswith("/crm/beacon/"):
        page.reports.append(json.loads(request.post_data))


def hide(page):
    """Another tab is in front of it, as far as the page knows."""
    _set_visibility(page, "hidden")


def show(page):
    _set_visibility(page, "visible")


def _set_visibility(page, state):
    page.evaluate(
        """state => {
            const now = { value: state, configurable: true };
            Object.defineProperty(document, "visibilityState", now);
            document.dispatchEvent(new Event("visibilitychange"));
        }""",
        state,
    )


def recorded(*kinds, count=1):
    """The events of these kinds, once there are so many."""
    until = time.monotonic() + 10
    while True:
        found = list(Event.objects.of_kinds(*kinds).order_by("id"))
        if len(found) >= count or time.monotonic() > until:
            return found
        time.sleep(0.1)


def test_only_time_in_sight_counts(visit, live_site, kneading):
    page = visit()
    page.wait_for_timeout(2000)
    page.mouse.move(100, 100)
    hide(page)
    page.wait_for_timeout(3000)
    show(page)
    page.wait_for_timeout(1000)
    page.mouse.wheel(0, 100_000)
    page.wait_for_timeout(300)
    page.goto("about:blank")

    first, second = recorded("engagement", count=2)
    assert (first.page_id, second.page_id) == (kneading.pk, kneading.pk)
    assert first.value in (2, 3)
    assert second.value in (1, 2)
    assert first.data["scroll"] < 50
    assert second.data["scroll"] == 100
    assert (first.data["device"], first.member_id) == ("computer", 0)


def test_links_and_downloads_count_once(visit, kneading):
    page = visit()
    page.route("https://elsewhere.example/**", lambda route: route.fulfill(body="Elsewhere"))

    page.get_by_role("link", name="Here", exact=True).click()
    page.go_back()
    with page.expect_download():
        page.get_by_role("link", name="Flyer").evaluate(
            "link => { link.download = ''; link.click() }"
        )
    page.wait_for_timeout(1500)
    assert ["download"] in [
        [event["kind"] for event in report["events"]] for report in page.reports
    ]
    page.get_by_role("link", name="Elsewhere").click()
    page.wait_for_url("https://elsewhere.example/**")

    [left] = recorded("outbound_click")
    assert (left.subject, left.data["url"]) == ("elsewhere.example", "https://elsewhere.example/a")
    [download] = recorded("download")
    assert (download.subject, download.page_id) == (f"document:{kneading.flyer.pk}", kneading.pk)


def play(page, start=0):
    """To the end, six times as fast; jumping needs the whole file, or a server of parts."""
    page.mouse.click(5, 5)
    page.locator("video").evaluate(
        """async (film, start) => {
            const whole = await (await fetch(film.src)).blob();
            if (start) film.src = URL.createObjectURL(whole);
            const ready = new Promise((done) => film.addEventListener("canplaythrough", done));
            film.load();
            await ready;
            const over = new Promise((done) => film.addEventListener("ended", done));
            film.currentTime = start;
            film.playbackRate = 6;
            await film.play();
            await over;
        }""",
        start,
    )


def test_a_film_that_is_watched_to_the_end(visit, kneading):
    page = visit()
    play(page)
    page.goto("about:blank")

    steps = recorded("video_progress", "video_completed", count=4)
    assert [(e.kind, e.subject, e.page_id, e.data.get("percent")) for e in steps] == [
        ("video_progress", "video:Rising", kneading.pk, 25),
        ("video_progress", "video:Rising", kneading.pk, 50),
        ("video_progress", "video:Rising", kneading.pk, 75),
        ("video_completed", "video:Rising", kneading.pk, None),
    ]
    assert not Event.objects.of_kinds("download").exists()


def test_whoever_jumps_to_the_end_has_not_watched_it(visit):
    page = visit()
    play(page, start=8)
    page.goto("about:blank")

    assert [event.data["percent"] for event in recorded("video_progress")] == [25]
    assert recorded("video_completed", count=0) == []


YOUTUBE = """<script>
addEventListener("message", ({ data, source, origin }) => {
    if (JSON.parse(data).event !== "listening") return;
    const say = (words) => source.postMessage(JSON.stringify(words), origin);
    say({ event: "initialDelivery", info: { duration: 20, currentTime: 0 } });
    for (let currentTime = 1; currentTime <= 20; currentTime++) {
        say({ event: "infoDelivery", info: { currentTime } });
    }
});
</script>"""


# As Vimeo's own player.js has it (src/lib/postmessage.js): deaf until it says that it is ready;
# tells four times a second where it is, and at the end that it has ended, to who asked for that.
VIMEO = """<script>
let isReady = false;
addEventListener("message", ({ data, source, origin }) => {
    const { method, value } = JSON.parse(data);
    if (!isReady || method !== "addEventListener") return;
    const say = (seconds) => {
        const data = { seconds, percent: seconds / 5, duration: 5 };
        source.postMessage({ event: value, data }, origin);
    };
    if (value === "ended") say(5);
    else for (let quarter = 0; quarter < 20; quarter++) say(quarter / 4);
});
setTimeout(() => {
    isReady = true;
    parent.postMessage(JSON.stringify({ event: "ready" }), "*");
}, 100);
</script>"""


def embed(page, player, *addresses):
    """Show these films in frames, in which this player stands."""
    page.route(
        re.compile(r"^https://(www\.youtube|player\.vimeo)"),
        lambda route: route.fulfill(body=player, content_type="text/html"),
    )
    for address in addresses:
        page.evaluate(
            """address => {
                const frame = document.createElement("iframe");
                frame.src = address;
                document.querySelector("main").append(frame);
            }""",
            address,
        )


def test_a_film_in_a_player_of_youtube(visit, kneading):
    page = visit()
    with page.expect_response("**/crm/beacon/"):
        embed(page, YOUTUBE, "https://www.youtube-nocookie.com/embed/abc-1?enablejsapi=1")
    [watched] = recorded("video_completed")
    assert (watched.subject, watched.page_id) == ("video:youtube:abc-1", kneading.pk)


def test_a_short_film_in_a_player_of_vimeo(visit, kneading):
    """And none that only decorates."""
    page = visit()
    films = ("22439234?background=1", "76979871?h=8272103f6e")
    with page.expect_response("**/crm/beacon/"):
        embed(page, VIMEO, *(f"https://player.vimeo.com/video/{film}" for film in films))
    steps = recorded("video_progress", "video_completed", count=4)
    assert [(step.subject, step.data.get("percent")) for step in steps] == [
        ("video:vimeo:76979871", 25),
        ("video:vimeo:76979871", 50),
        ("video:vimeo:76979871", 75),
        ("video:vimeo:76979871", None),
    ]


def test_what_a_site_reports_itself_is_told_why_it_is_refused(live_site, kneading, new_page):
    page = new_page()
    cookie = {"name": "crm_consent", "value": "1:yes", "url": live_site.url}
    page.context.add_cookies([cookie])
    page.goto(live_site.url + kneading.url)
    with page.expect_response("**/crm/beacon/") as answered:
        page.evaluate("crm.track('dance', { steps: 3 })")
    assert answered.value.status == 400


@pytest.mark.parametrize("answer", ["no", None])
def test_without_a_yes_nothing_is_sent(visit, answer):
    page = visit(answer)
    page.wait_for_timeout(1200)
    page.evaluate("crm.track('dance')")
    page.mouse.wheel(0, 1000)
    page.wait_for_timeout(1200)
    page.goto("about:blank")
    assert page.reports == []
    assert not Event.objects.exists()


def test_a_page_from_the_back_forward_cache_counts_anew(visit, kneading):
    page = visit()
    page.wait_for_timeout(1100)
    page.evaluate(
        """() => {
            dispatchEvent(new PageTransitionEvent("pagehide", { persisted: true }));
            dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true }));
        }"""
    )
    page.wait_for_timeout(1100)
    page.goto("about:blank")
    first, second = (event.value for event in recorded("engagement", count=2))
    assert 1 <= first <= 3
    assert 1 <= second <= 3
