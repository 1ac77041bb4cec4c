from io import StringIO

from django.core.management import call_command
from django.db.models import Count, Sum
from django.test import TestCase
from django.utils import timezone
from wagtail.models import Page

from example.shop.demo.world import EDITOR, MEMBER, PASSWORD
from example.shop.models import HomePage, ProductPage
from tests.example.site import hang_small_pictures, planted_world
from wagtail_crm.loyalty.models import Account, Entry
from wagtail_crm.mail.models import Campaign
from wagtail_crm.members.models import ConsentRecord, Member
from wagtail_crm.segments.models import Membership, Segment
from wagtail_crm.surveys.models import SurveyPage, SurveyResponse
from wagtail_crm.tracking.models import DailyTotal, Event


def load(**options):
    output = StringIO()
    call_command("load_demo", members=40, days=20, verbosity=0, stdout=output, **options)
    return output.getvalue()


def rows():
    models = (Page, Member, ConsentRecord, Event, DailyTotal, Segment, Membership, Entry)
    return {model.__name__: model.objects.count() for model in models}


class FilledSiteTest(TestCase):
    """What ``load_demo`` makes; loaded once for all of these."""

    @classmethod
    def setUpTestData(cls):
        hang_small_pictures()
        load()

    def test_loading_again_changes_nothing(self):
        before = rows()
        load()
        assert rows() == before

    def test_if_empty_leaves_a_filled_site_alone(self):
        assert load(if_empty=True) == "The example site is filled already.\n"

    def test_every_event_is_in_the_totals(self):
        events = dict(Event.objects.values_list("kind").annotate(number=Count("pk")))
        totals = dict(DailyTotal.objects.values_list("kind").annotate(number=Sum("count")))
        assert totals == events
        assert events["page_view"] > 100

    def test_nothing_has_happened_that_is_still_to_come(self):
        assert list(Event.objects.filter(at__gt=timezone.now()).values_list("kind", "at")) == []

    def test_there_are_as_many_members_as_asked(self):
        assert Member.objects.count() == 40

    def test_registered_members_have_an_account_and_prospects_none(self):
        registered = Member.objects.registered()
        assert registered.filter(user__isnull=True).count() == 0
        assert Member.objects.prospects().filter(user__isnull=False).count() == 0

    def test_the_member_can_log_in(self):
        assert self.client.login(email=MEMBER, password=PASSWORD)
        consenting = Member.objects.consented_to("profiling").registered()
        assert consenting.filter(email=MEMBER).count() == 1

    def test_the_editor_may_enter_the_admin(self):
        assert self.client.login(email=EDITOR, password=PASSWORD)
        assert self.client.get("/admin/").status_code == 200

    def test_points_add_up(self):
        own = Account.objects.filter(member__isnull=False)
        booked = own.annotate(total=Sum("entries__amount"))
        balances = dict(own.values_list("pk", "balance"))
        assert balances == dict(booked.values_list("pk", "total"))
        assert len(balances) > 0

    def test_segments_are_counted(self):
        sizes = dict(Segment.objects.values_list("pk", "size"))
        members = Segment.objects.annotate(number=Count("memberships"))
        assert sizes == dict(members.values_list("pk", "number"))
        assert len(sizes) == 18

    def test_every_rule_of_a_segment_means_something(self):
        problems = {segment.name: segment.rule.problems() for segment in Segment.objects.all()}
        assert problems == dict.fromkeys(problems, [])

    def test_letters_went_to_readers_and_their_numbers_agree(self):
        sent = Campaign.objects.filter(status=Campaign.Status.SENT)
        numbers = {
            campaign.name: (campaign.recipients, campaign.opened, campaign.clicked)
            for campaign in sent
        }
        rows = {
            campaign.name: (
                campaign.deliveries.count(),
                campaign.deliveries.exclude(opened_at=None).count(),
                campaign.deliveries.exclude(clicked_at=None).count(),
            )
            for campaign in sent
        }
        assert numbers == rows
        assert set(numbers) == {"秋の便り", "サワードウ週間"}
        assert numbers["秋の便り"][0] > 0

    def test_the_survey_has_answers(self):
        page = SurveyPage.objects.get()
        responses = SurveyResponse.objects.filter(page=page.pk)
        events = Event.objects.of_kinds("survey_answer").about(page.subject)
        assert responses.count() == events.count()
        assert responses.count() > 0


class TreeTest(TestCase):
    def test_tree_has_the_pages_of_a_shop(self):
        world = planted_world()
        home = HomePage.objects.get()
        assert world.site.root_page_id == home.pk
        assert ProductPage.objects.descendant_of(home).count() == 29
        assert home.get_descendants(inclusive=True).count() == 67
