"""``manage.py load_demo``: fill the example site with believable data."""

from django.core.management.base import BaseCommand
from tqdm import tqdm

from example.shop.demo.album import hang_pictures
from example.shop.demo.attributes import define_attributes
from example.shop.demo.audiences import build_segments
from example.shop.demo.letters import send_letters
from example.shop.demo.people import gather_people, hire_staff
from example.shop.demo.points import give_points
from example.shop.demo.survey import hold_survey
from example.shop.demo.tree import plant_tree
from example.shop.demo.visits import record_answers_about_consent, record_visits
from example.shop.demo.world import EDITOR, MEMBER, PASSWORD, World
from example.shop.models import HomePage

# (what the bar says, builder, its share of the time)
STEPS = [
    ("pictures", hang_pictures, 8),
    ("pages", plant_tree, 6),
    ("attributes", define_attributes, 1),
    ("staff", hire_staff, 1),
    ("people", gather_people, 8),
    ("visits", record_visits, 36),
    ("consents", record_answers_about_consent, 3),
    ("survey", hold_survey, 3),
    ("points", give_points, 10),
    ("segments", build_segments, 6),
    ("letters", send_letters, 4),
]


class Command(BaseCommand):
    help = "Fills the example site: pages, members, 90 days of visits and orders, segments, mails."

    def add_arguments(self, parser):
        parser.add_argument("--members", type=int, default=2000)
        parser.add_argument("--days", type=int, default=90)
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument(
            "--if-empty", action="store_true", help="do nothing when the site has its pages"
        )

    def handle(self, *, members, days, seed, if_empty, verbosity, **options):
        if if_empty and HomePage.objects.exists():
            self.stdout.write("The example site is filled already.")
            return
        world = World(members=members, days=days, seed=seed)
        total = sum(share for _name, _build, share in STEPS)
        with tqdm(total=total, unit="%", disable=verbosity == 0) as bar:
            bar.bar_format = "{desc:<12} {percentage:3.0f}% {bar} {elapsed}"
            for name, build, share in STEPS:
                bar.set_description_str(name)
                build(world, lambda part, share=share: bar.update(part * share))
        self.stdout.write(f"Editor {EDITOR}, member {MEMBER}, password {PASSWORD}")
