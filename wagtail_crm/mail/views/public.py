"""What a mail leads to. A GET never changes a subscription; a token is all the proof there is."""

import base64
import logging
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.decorators import method_decorator
from django.utils.translation import get_language, override
from django.views import View
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt

from wagtail_crm.conf import crm_settings
from wagtail_crm.mail import actions
from wagtail_crm.mail.addresses import NOBODY, BadToken, sign, unsign
from wagtail_crm.mail.recognition import recognise
from wagtail_crm.members.models import ConsentRecord, Member

logger = logging.getLogger(__name__)

PIXEL = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
ONE_CLICK = "One-Click"


@method_decorator([csrf_exempt, never_cache], name="dispatch")
class TokenView(View):
    """A page that a signed token opens; a token that is not ours gets a neutral 404."""

    purpose: str
    numbers: tuple[int, ...]

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        try:
            self.numbers = unsign(self.purpose, kwargs["token"])
        except BadToken:
            logger.warning("Bad %s token refused: %.100r", self.purpose, kwargs["token"])
            return self.unknown()
        return super().dispatch(request, *args, **kwargs)

    def unknown(self) -> HttpResponse:
        return self.page("unknown", status=404)

    def page(self, name: str, status: int = 200, **context: Any) -> TemplateResponse:
        context["crm_base_template"] = crm_settings.base_template
        template = f"wagtail_crm/mail/{name}.html"
        response = TemplateResponse(self.request, template, context, status=status)
        # The address of the page is a key: it must not reach other sites or search engines.
        response["Referrer-Policy"] = "no-referrer"
        response["X-Robots-Tag"] = "noindex"
        return response

    @property
    def user_agent(self) -> str:
        return self.request.headers.get("User-Agent", "")


class OpenView(TokenView):
    """The pixel: always a picture, whatever we know of the mail."""

    purpose = "open"

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        if request.method == "GET":
            (delivery_id,) = self.numbers
            actions.record_open(delivery_id=delivery_id, user_agent=self.user_agent)
        return HttpResponse(PIXEL, content_type="image/gif")


class ClickView(TokenView):
    """Counts a click and leads to the link's own address, which the request cannot change.

    The browser of a person becomes known as the member's; nobody is signed in by it.
    """

    purpose = "click"

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        delivery_id, link_id = self.numbers
        followed = actions.record_click(
            delivery_id=delivery_id,
            link_id=link_id,
            # HEAD is how programs look where a link leads.
            user_agent=self.user_agent if request.method == "GET" else "",
        )
        if followed is None:
            logger.warning("No link %s in mail %s.", link_id, delivery_id)
            return self.unknown()
        if followed.by_person:
            recognise(request, followed.delivery)
        response = HttpResponseRedirect(followed.link.url)
        response["Referrer-Policy"] = "no-referrer"
        response["X-Robots-Tag"] = "noindex"
        return response


class SubscriptionView(TokenView):
    """Pages that speak the member's language and know whether they want mail."""

    member: Member | None = None

    def page(self, name: str, status: int = 200, **context: Any) -> TemplateResponse:
        with override((self.member and self.member.language) or get_language()):
            response = super().page(name, status, **context)
            response.render()
            return response


class UnsubscribeView(SubscriptionView):
    """GET asks, POST does: by the button, or by a mail program's one click (RFC 8058)."""

    purpose = "unsubscribe"

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        delivery_id, member_id = self.numbers
        if member_id == NOBODY:
            return self.page("unsubscribe_test")
        self.member = Member.objects.filter(pk=member_id).first()
        if self.member is None:
            return self.unknown()
        if not wants_mail(self.member):
            return self.page("unsubscribed", subscribe_token=sign("subscribe", member_id))
        return self.page("unsubscribe", email=masked(self.member.email))

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        delivery_id, member_id = self.numbers
        if member_id == NOBODY:
            return self.page("unsubscribe_test")
        self.member = actions.unsubscribe(member_id=member_id, delivery_id=delivery_id)
        if self.member is None:
            return self.unknown()
        if request.POST.get("List-Unsubscribe") == ONE_CLICK:
            return HttpResponse(content_type="text/plain")
        return self.page("unsubscribed", subscribe_token=sign("subscribe", member_id))


class SubscribeView(SubscriptionView):
    """For who changed their mind, from the page that said goodbye."""

    purpose = "subscribe"

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        self.member = Member.objects.filter(pk=self.numbers[0]).first()
        if self.member is None:
            return self.unknown()
        if wants_mail(self.member):
            return self.page("subscribed")
        return self.page("unsubscribed", subscribe_token=token)

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        self.member = actions.resubscribe(member_id=self.numbers[0])
        return self.page("subscribed") if self.member else self.unknown()


def wants_mail(member: Member) -> bool:
    agreed = Member.objects.consented_to(ConsentRecord.Purpose.EMAIL)
    return agreed.filter(pk=member.pk).exists()


def masked(address: str) -> str:
    """``yoko@example.jp`` as ``y•••@example.jp``: enough to know it, no more for others."""
    local, at, domain = address.partition("@")
    return f"{local[:1]}•••{at}{domain}"
