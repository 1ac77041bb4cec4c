"""What a visitor, a member and an editor do on the example site, click by click."""

import re
from urllib.parse import urlsplit

from playwright.sync_api import expect

from example.shop.demo.world import EDITOR, PASSWORD

ADDRESS = "hanako@example.jp"
SECRET = "nokogiri-yama-99"
SIGNUP = {
    "family_name": "森",
    "given_name": "花子",
    "family_name_kana": "もり",
    "given_name_kana": "はなこ",
    "email": ADDRESS,
    "password1": SECRET,
    "password2": SECRET,
}

# No block is hidden, as new ones are at first, and none slides in.
SETTLED = """
[...document.querySelectorAll('[data-streamfield-child]')].every((block) => block.offsetParent)
&& !$('[data-streamfield-stream-container]').find(':animated').length
"""


class Person:
    """Somebody in front of a browser; ``look(name)`` keeps a picture of what they see."""

    def __init__(self, page, site, shot):
        self.page, self.site, self.shot = page, site, shot

    def go(self, path):
        self.page.goto(self.site.url + path)
        self.page.wait_for_load_state("networkidle")

    def look(self, name):
        self.shot(self.page, name)

    def submit(self, form="main form"):
        self.page.locator(f"{form} [type=submit]").first.click()

    def follow_mail(self, link):
        """Open a link of a mail on the address this browser knows the site by."""
        parts = urlsplit(link)
        self.go(f"{parts.path}?{parts.query}" if parts.query else parts.path)


class Visitor(Person):
    """Somebody with a phone, and a member soon."""

    def accept_consent(self):
        self.go("/")
        self.look("01-consent-bar")
        self.page.click(".crm-consent [name=answer][value=yes]")
        expect(self.page.locator(".crm-consent")).to_have_count(0)

    def read(self, *paths):
        for path in paths:
            self.go(path)
            expect(self.page.locator("h1")).to_be_visible()

    def register(self):
        self.go("/accounts/signup/")
        for name, text in SIGNUP.items():
            self.page.fill(f"[name={name}]", text)
        self.page.select_option("[name$=prefecture]", "東京都")
        self.page.check("[name=consent_email]")
        self.page.check("[name=consent_profiling]")
        self.look("02-registration-input")
        self.submit()
        expect(self.page.locator("main")).to_contain_text("花子")
        self.look("03-registration-confirmation")
        self.submit()
        expect(self.page.locator("main")).to_contain_text(ADDRESS)
        self.look("04-registration-done")
        [mail] = self.site.mails(ADDRESS)
        self.follow_mail(re.search(r"https?://\S+/accounts/\S+", mail.text).group())
        self.submit()
        expect(self.page.locator("h1")).to_contain_text("森 花子")
        self.look("05-my-page")

    def answer_survey(self, path, favourite):
        self.go(path)
        questions = self.page.locator(".crm-question")
        questions.nth(0).get_by_label(favourite).check()
        for number in range(1, questions.count()):
            choices = questions.nth(number).locator("[type=radio]")
            if choices.count():
                choices.first.check()
        self.look("07-survey")
        self.page.click("[name=check]")
        self.look("08-survey-confirmation")
        self.page.click("[name=send]")
        expect(self.page.locator(".crm-thanks")).to_contain_text("50")
        self.look("09-survey-thanks")

    def read_mail(self, mail):
        """Show the mail as a mail program does, pictures and all."""
        self.page.set_content(mail.html.replace("//localhost", "//127.0.0.1"))
        self.page.wait_for_load_state("networkidle")
        self.look("16-mail")

    def click_in_mail(self, words):
        """The page that the link opens beside the mail."""
        with self.page.expect_popup() as opened:
            self.page.get_by_role("link", name=words).click()
        return opened.value


class Editor(Person):
    """Somebody in the Wagtail admin who cannot program."""

    def log_in(self):
        self.go("/admin/login/")
        self.page.fill("[name=username]", EDITOR)
        self.page.fill("[name=password]", PASSWORD)
        self.page.click("[type=submit]")
        self.page.wait_for_url("**/admin/")

    def open_crm(self, name):
        self.page.get_by_role("button", name="CRM").click()
        self.page.get_by_role("link", name=name, exact=True).click()
        self.page.wait_for_load_state("networkidle")

    def find_member(self, words, name):
        self.open_crm("Members")
        self.page.fill("input[name=q]", words)
        row = self.page.get_by_role("row").filter(has_text=words)
        row.get_by_role("link", name=name).click()
        expect(self.page.locator("h1, h2").filter(has_text=name).first).to_be_visible()
        self.look("10-member")

    def timeline(self):
        """What the member did, newest first."""
        return self.page.locator(".crm-entry__kind")

    def live_count(self):
        """The panel beside the rules, which counts while they change."""
        return self.page.locator("[data-crm-segment-count-target=result]")

    def funnel(self):
        return self.page.locator(".crm-mail-card").first.get_by_role("row")

    def add_block(self, name):
        self.page.locator("[data-streamfield-stream-container]").first.wait_for()
        self.page.locator(".c-sf-add-button").last.click()
        self.page.get_by_role("option", name=name, exact=True).click()
        # A click while it slides in hits something else.
        self.page.wait_for_function(SETTLED)

    def choose_page(self, title):
        self.page.get_by_role("button", name="Choose a page").click()
        modal = self.page.locator(".modal-content")
        modal.locator("input[name=q]").fill(title)
        modal.get_by_role("link", name=title, exact=True).click()
        expect(self.page.locator(".modal-content")).to_have_count(0)

    def build_segment(self, name, page_title):
        self.open_crm("Segments")
        self.page.get_by_role("link", name="Add segment").first.click()
        self.page.fill("[name=name]", name)
        self.add_block("Behaviour")
        self.page.fill("[name=rules-0-value-times]", "2")
        self.page.select_option("[name=rules-0-value-window]", "last")
        self.page.fill("[name=rules-0-value-days]", "30")
        self.choose_page(page_title)
        self.add_block("Attribute")
        self.page.select_option("[name=rules-1-value-attribute]", label="Prefecture")
        self.page.get_by_label("Value").locator("visible=true").select_option("東京都")

    def publish(self):
        self.page.locator("[name=action-publish]").click()
        expect(self.page.locator(".messages")).to_contain_text("published")

    def write_campaign(self, name, subject, segment):
        self.open_crm("Campaigns")
        self.page.get_by_role("link", name="Add campaign").first.click()
        self.page.fill("[name=name]", name)
        self.page.fill("[name=subject]", subject)
        self.page.fill("[name=body-0-value-text]", "{{ family_name }}さまへ、お便りです")
        self.add_block("Button")
        self.page.fill("[name=body-2-value-text]", "元だねを見る")
        self.choose_page("サワードウ スターターキット")
        self.add_block("Heading")
        self.page.fill("[name=body-3-value-text]", "とくべつなご案内")
        self.give_audience(3, segment)
        self.look("12-campaign-content")
        self.page.get_by_role("button", name="Save").first.click()
        expect(self.page.locator(".messages")).to_contain_text(re.compile("created|updated"))

    def give_audience(self, block, segment):
        """Open the settings of a block of the mail and choose who sees it."""
        body = self.page.locator("[data-contentpath=body]")
        body.get_by_role("button", name="Settings").nth(block).click()
        audience = body.locator("[data-contentpath=segments]").locator("visible=true").first
        audience.locator(".c-sf-add-button").first.click()
        audience.get_by_role("button", name="Choose").first.click()
        modal = self.page.locator(".modal-content")
        modal.locator("input[name=q]").fill(segment)
        modal.get_by_role("link", name=segment).click()
        expect(self.page.locator(".modal-content")).to_have_count(0)

    def step(self, name):
        self.page.locator(".crm-mail-steps").get_by_role("link", name=name).click()
        self.page.wait_for_load_state("networkidle")

    def send_campaign(self, segment):
        self.step("Audience")
        self.page.get_by_label(f"Send to {segment}").check()
        self.look("13-campaign-audience")
        self.submit("form.crm-mail-columns")
        self.step("Check")
        expect(self.page.get_by_role("button", name="Send test")).to_be_visible()
        self.look("14-campaign-check")
        self.page.get_by_role("button", name="Send test").click()
        expect(self.page.locator(".messages")).to_be_visible()
        self.step("Send")
        self.look("15-campaign-send")
        self.page.get_by_role("button", name=re.compile(r"Send to \d+ member")).click()
        expect(self.page.locator(".crm-mail-card").first).to_be_visible()
