"""Answering a survey page: questions, confirmation, thanks; or an invitation to sign in."""

from dataclasses import dataclass, field
from typing import Any, Literal

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.cache import add_never_cache_headers
from wagtail.models import Site

from wagtail_crm.conf import crm_settings
from wagtail_crm.members.models import Member
from wagtail_crm.tracking.rewards import given_rewards, promised_rewards

from . import actions, answers
from .kinds import SURVEY_ANSWER
from .models import SurveyResponse
from .questions import Question

State = Literal["invitation", "join", "questions", "confirmation", "thanks", "closed"]
STEPS: dict[State, int] = {"questions": 1, "confirmation": 2, "thanks": 3}


@dataclass
class Survey:
    """What the template shows: where the member is, and what belongs there."""

    state: State
    form: Any = None
    response: SurveyResponse | None = None
    rewards: list[str] = field(default_factory=list)
    sheet: list[tuple[Question, str]] = field(default_factory=list)
    can_change: bool = False
    is_change: bool = False

    @property
    def step(self) -> int:
        return STEPS.get(self.state, 0)


def serve_survey(page: Any, request: HttpRequest) -> HttpResponse:
    """The response of a survey page to whoever asks."""
    member = _member_of(request)
    if member is None:
        state: State = "join" if request.user.is_authenticated else "invitation"
        return _show(page, request, Survey(state, rewards=_promised(page)))
    response = SurveyResponse.objects.to_survey(page).of_member(member).first()
    wants_change = "change" in request.GET and page.answers_can_change
    if response and not wants_change:
        return _show(page, request, _thanks(page, response))
    if not page.is_open:
        return _show(page, request, Survey("closed"))
    if request.method == "POST":
        return _take_step(page, request, member, response)
    form = page.get_form(initial=_initial(page, response), page=page, user=request.user)
    return _show(page, request, _questions(page, form, member, response))


def _take_step(
    page: Any, request: HttpRequest, member: Member, response: SurveyResponse | None
) -> HttpResponse:
    form = page.get_form(request.POST, page=page, user=request.user)
    if not form.is_valid():
        return _show(page, request, _questions(page, form, member, response))
    if "back" in request.POST:
        form = page.get_form(initial=form.cleaned_data, page=page, user=request.user)
        return _show(page, request, _questions(page, form, member, response))
    if "send" not in request.POST:
        return _show(page, request, _confirmation(page, form, response))
    try:
        site = Site.find_for_request(request)
        actions.answer_survey(
            page=page, member=member, answers=form.cleaned_data, site_id=site and site.pk
        )
    except (actions.AlreadyAnswered, actions.SurveyClosed):
        pass  # The page they are sent to says how it stands.
    return redirect(page.get_url(request) or request.path)


def preview_survey(page: Any, request: HttpRequest, state: State) -> HttpResponse:
    """What each state looks like; nothing is looked up or kept."""
    form = page.get_form(page=page, user=request.user)
    sheet = [(question, "…") for question in page.question_list]
    survey = Survey(state, form=form, sheet=sheet)
    return _show(page, request, survey)


def _questions(page: Any, form: Any, member: Member, response: SurveyResponse | None) -> Survey:
    rewards = [] if response else _promised(page, member.pk)
    return Survey("questions", form, response, rewards, is_change=response is not None)


def _confirmation(page: Any, form: Any, response: SurveyResponse | None) -> Survey:
    unsaved = SurveyResponse()
    rows = answers.rows_of(unsaved, page.question_list, form.cleaned_data)
    sheet = answers.sheet(page.question_list, rows)
    return Survey("confirmation", form, sheet=sheet, is_change=response is not None)


def _thanks(page: Any, response: SurveyResponse) -> Survey:
    return Survey(
        "thanks",
        response=response,
        rewards=given_rewards(actions.event_id_of(response)),
        sheet=answers.sheet(page.question_list, response.answers.all()),
        can_change=page.answers_can_change and page.is_open,
    )


def _member_of(request: HttpRequest) -> Member | None:
    if not request.user.is_authenticated:
        return None
    return Member.objects.registered().of_user(request.user).first()


def _initial(page: Any, response: SurveyResponse | None) -> dict[str, Any]:
    return answers.initial(page.question_list, response.answers.all()) if response else {}


def _promised(page: Any, member_id: int = 0) -> list[str]:
    return promised_rewards(SURVEY_ANSWER, [page], member_id)[page.pk]


def _show(page: Any, request: HttpRequest, survey: Survey) -> HttpResponse:
    context = page.get_context(request)
    context |= {
        "survey": survey,
        "form": survey.form,
        "crm_base_template": crm_settings.base_template,
    }
    response = TemplateResponse(request, page.get_template(request), context)
    add_never_cache_headers(response)
    return response
