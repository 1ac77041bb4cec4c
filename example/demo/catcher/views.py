"""The catcher's pages. What a mail contains is shown in a frame without scripts."""

import datetime
import io
from pathlib import Path

from django.conf import settings
from django.core.paginator import Paginator
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_POST

FRAME_POLICY = (
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; "
    "img-src http: https: data:; style-src 'unsafe-inline'; font-src http: https: data:"
)
OPEN_LINKS_OUTSIDE = '<base target="_blank">'


def index(request):
    words = request.GET.get("q", "").strip()
    mails = Paginator(settings.MAILBOX.newest(words), 50).get_page(request.GET.get("page"))
    rows = [(mail, _local_time(mail)) for mail in mails]
    return render(request, "catcher/index.html", {"mails": mails, "rows": rows, "words": words})


def detail(request, key):
    mail = _mail(key)
    context = {"mail": mail, "at": _local_time(mail), "tab": request.GET.get("show", "html")}
    if context["tab"] == "html" and not mail.html:
        context["tab"] = "text"
    return render(request, "catcher/detail.html", context)


@xframe_options_sameorigin
def body(request, key):
    """The HTML part as it was sent, alone; cookies and scripts are out of its reach."""
    response = HttpResponse(OPEN_LINKS_OUTSIDE + _mail(key).html)
    response["Content-Security-Policy"] = FRAME_POLICY
    return response


def source(request, key):
    return HttpResponse(_mail(key).path.read_bytes(), content_type="text/plain; charset=utf-8")


def attachment(request, key, number):
    found = _mail(key).attachments
    if number >= len(found):
        raise Http404
    name, content = found[number]
    return FileResponse(
        io.BytesIO(content),
        as_attachment=True,
        filename=Path(name).name,
        content_type="application/octet-stream",
    )


@require_POST
def clear(request):
    settings.MAILBOX.clear()
    return redirect("index")


def style(request):
    return FileResponse((Path(__file__).parent / "style.css").open("rb"), content_type="text/css")


def _mail(key):
    mail = settings.MAILBOX.get(key)
    if mail is None:
        raise Http404("This mail is gone.")
    return mail


def _local_time(mail):
    return datetime.datetime.fromtimestamp(mail.caught_at).strftime("%Y-%m-%d %H:%M:%S")


urlpatterns = [
    path("", index, name="index"),
    path("clear/", clear, name="clear"),
    path("style.css", style, name="style"),
    path("mail/<slug:key>/", detail, name="detail"),
    path("mail/<slug:key>/body/", body, name="body"),
    path("mail/<slug:key>/source/", source, name="source"),
    path("mail/<slug:key>/attachment/<int:number>/", attachment, name="attachment"),
]
