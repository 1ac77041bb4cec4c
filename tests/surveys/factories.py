"""Makers of surveys and answers."""

import itertools
import json

from wagtail.models import Site

from wagtail_crm.surveys.actions import answer_survey
from wagtail_crm.surveys.models import SurveyPage

_numbers = itertools.count(1)

BAKE = "11111111-1111-4111-8111-111111111111"
FRESH = "22222222-2222-4222-8222-222222222222"
LIKE = "33333333-3333-4333-8333-333333333333"
WHY = "44444444-4444-4444-8444-444444444444"
BREAD, CAKES, NOTHING = "c-bread", "c-cakes", "c-nothing"


def question(kind, id, label, **value):
    return {"type": kind, "id": id, "value": {"label": label, "required": False} | value}


def the_questions():
    offered = [
        {"type": "item", "id": id, "value": label}
        for id, label in ((BREAD, "Bread"), (CAKES, "Cakes"), (NOTHING, "Nothing"))
    ]
    return [
        question("choices", BAKE, "What do you bake?", choices=offered, required=True),
        question("scale", LIKE, "Do you like us?", steps=5, lowest="no", highest="yes"),
        question("long_text", WHY, "Why?", help_text="In <your> words"),
    ]


def make_survey(title="Your kitchen", questions=None, parent=None, **fields):
    stream = the_questions() if questions is None else questions
    page = SurveyPage(
        title=title, slug=f"survey-{next(_numbers)}", questions=json.dumps(stream), **fields
    )
    parent = parent or Site.objects.get(is_default_site=True).root_page
    page = parent.add_child(instance=page)
    return SurveyPage.objects.get(pk=page.pk)


def answer(page, member, **answers):
    """``answer(page, member, bake=[BREAD], like="5", why="…")``."""
    keys = {"bake": BAKE, "like": LIKE, "why": WHY}
    answers = {"bake": [BREAD]} | answers
    return answer_survey(
        page=page, member=member, answers={keys[name]: value for name, value in answers.items()}
    )
