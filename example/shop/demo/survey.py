"""A survey page, and what a fifth of the members answered."""

import datetime
import uuid

from django.db import transaction

from wagtail_crm.surveys.actions import event_id_of
from wagtail_crm.surveys.answers import rows_of, short_answers
from wagtail_crm.surveys.kinds import SURVEY_ANSWER
from wagtail_crm.surveys.models import SurveyAnswer, SurveyPage, SurveyResponse
from wagtail_crm.tracking.actions import record_events
from wagtail_crm.tracking.events import NewEvent

from .bodies import rich
from .world import MEMBER, content

SHARE = 0.24
OPENED_DAYS_AGO = 24


def hold_survey(world, tick):
    page = SurveyPage.objects.first() or _make_page(world)
    world.pages[content("survey")["slug"]] = page
    tick(0.3)
    if not page.survey_responses.exists():
        _fill_in(world, page)
    tick(0.7)


def _make_page(world):
    texts = content("survey")
    page = SurveyPage(
        slug=texts["slug"],
        title=texts["title"],
        introduction=rich(texts["introduction"]),
        thanks=rich(texts["thanks"]),
        first_published_at=world.days_ago(OPENED_DAYS_AGO),
    )
    field = page._meta.get_field("questions")
    page.questions = field.stream_block.to_python(
        [_question(world, question) for question in texts["questions"]]
    )
    world.site.root_page.add_child(instance=page)
    page.save_revision().publish()
    return SurveyPage.objects.get(pk=page.pk)


def _question(world, question):
    """A block whose ids, under which answers are kept, follow from the seed."""
    value = {
        "label": question["label"],
        "help_text": question.get("help", ""),
        "required": question.get("required", True),
    }
    if "choices" in question:
        value["choices"] = [
            {"type": "item", "value": choice, "id": _id(world, question["label"], choice)}
            for choice in question["choices"]
        ]
    for name in ("steps", "lowest", "highest"):
        if name in question:
            value[name] = question[name]
    return {"type": question["kind"], "value": value, "id": _id(world, question["label"])}


def _id(world, *words):
    return str(uuid.uuid5(uuid.NAMESPACE_URL, ":".join((str(world.seed), *words))))


@transaction.atomic
def _fill_in(world, page):
    chance = world.chance("survey")
    asked = [person for person in world.people if person.activity and person.member.email != MEMBER]
    answering = [person for person in asked if chance.random() < SHARE]
    responses = SurveyResponse.objects.bulk_create(
        [
            SurveyResponse(
                page_id=page.pk, member=person.member, submitted_at=_moment(world, chance, person)
            )
            for person in answering
        ],
        batch_size=500,
    )
    rows, events = [], []
    texts = content("survey")["questions"]
    for person, response in zip(answering, responses, strict=True):
        answers = {
            question.clean_name: _answer(chance, person, question, text)
            for question, text in zip(page.question_list, texts, strict=True)
        }
        own = list(rows_of(response, page.question_list, answers))
        rows += own
        events.append(_event(world, page, response, own))
    SurveyAnswer.objects.bulk_create(rows, batch_size=1000)
    record_events(events=events)


def _moment(world, chance, person):
    """Most answer in the first days, but nobody before they registered."""
    days = min(chance.expovariate(0.22), OPENED_DAYS_AGO - 1)
    moment = world.days_ago(OPENED_DAYS_AGO) + datetime.timedelta(days=days, hours=10)
    return max(moment, person.member.registered_at)


def _answer(chance, person, question, text):
    values = [value for value, _label in question.options]
    weights = text.get("personas", {}).get(person.persona, text.get("weights"))
    match text["kind"]:
        case "choices":
            chosen = [
                value
                for value, weight in zip(values, weights, strict=True)
                if chance.random() * 100 < weight
            ]
            return chosen or [chance.choices(values, weights)[0]]
        case "long_text":
            return chance.choice(text["words"]) if chance.random() < text["share"] else ""
    return chance.choices(values, weights)[0]


def _event(world, page, response, rows):
    return NewEvent(
        kind=SURVEY_ANSWER,
        id=event_id_of(response),
        at=response.submitted_at,
        member_id=response.member_id,
        page_id=page.pk,
        site_id=world.site.pk,
        subject=page.subject,
        data={"answers": short_answers(page.question_list, rows)},
    )
