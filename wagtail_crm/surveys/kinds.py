"""How an answered survey reads in a member's timeline."""

from wagtail_crm.tracking.models import Event

SURVEY_ANSWER = "survey_answer"


def answers_in_words(event: Event) -> str:
    """ "Your kitchen – What do you bake?: bread, cakes" as far as it is known."""
    title = event.page.title if event.page else ""
    answers = event.data.get("answers", {})
    words = " · ".join(f"{question}: {answer}" for question, answer in answers.items())
    return " – ".join(part for part in (title, words) if part)
