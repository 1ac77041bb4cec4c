"""Static segments: making one, putting members in, taking them out."""

import tempfile
import uuid
from itertools import count
from pathlib import Path
from typing import Any

from django import forms
from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.functional import cached_property
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.generic import FormView, View

from wagtail_crm.chooser_widgets import CrmChooser
from wagtail_crm.members.importing.decoding import GZIP
from wagtail_crm.members.importing.refusals import ImportProblem
from wagtail_crm.members.models import Member
from wagtail_crm.segments import static, tasks
from wagtail_crm.segments.models import Segment, SegmentRun
from wagtail_crm.segments.runs.action import CannotStart
from wagtail_crm.segments.runs.actions import run_of_key, start_run
from wagtail_crm.segments.runs.builtin import AddToStatic
from wagtail_crm.segments.static_upload import Uploaded, add_from_file
from wagtail_crm.viewsets import may_look

from .screens import MembersScreen, SegmentScreen, may

# Refused lines that a page shows; beyond that a file is better mended as a whole.
SHOWN = 2_000
MOST_BYTES = 50 * 1024 * 1024
# Letters of a file's name that are kept: 255 bytes are what file systems hold.
NAME_KEPT = 60
# Every number of so many digits is one that a key can be.
DIGITS = 18


class NameForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=120)

    def __init__(self, *args: Any, segment: Segment | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.segment = segment

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        others = Segment.objects.filter(name=name)
        if self.segment:
            others = others.exclude(pk=self.segment.pk)
        if others.exists():
            raise forms.ValidationError(_("There is a segment of this name."))
        return name


class UploadForm(forms.Form):
    file = forms.FileField(
        label=_("CSV file"),
        help_text=_(
            "With a column named “email” or “code”, or simply a list of e-mail addresses. Saved "
            "by Excel, in UTF-8 or in Shift_JIS: all can be read."
        ),
    )

    def clean_file(self) -> UploadedFile:
        file: UploadedFile = self.cleaned_data["file"]
        if (file.size or 0) > MOST_BYTES:
            raise forms.ValidationError(_("The file is larger than 50 MB: cut it in two."))
        if is_compressed(file):
            # A small one may hold more than anybody would wait for.
            raise forms.ValidationError(_("The file is compressed: unpack it first."))
        return file


class NewStaticForm(NameForm, UploadForm):
    field_order = ["name", "file"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["file"].required = False

    def clean_file(self) -> Any:
        return super().clean_file() if self.cleaned_data["file"] else None


def is_compressed(file: UploadedFile) -> bool:
    file.seek(0)
    begins = file.read(len(GZIP))
    file.seek(0)
    return bool(begins == GZIP)


def read_upload(segment: Segment, file: UploadedFile, by: Any) -> Uploaded:
    """Raises ``ImportProblem``, which names the file as the editor does."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / (Path(file.name or "").name[-NAME_KEPT:] or "file.csv")
        with path.open("wb") as copy:
            copy.writelines(file.chunks())
        return add_from_file(segment=segment, path=path, by=by)


class StaticScreen(SegmentScreen):
    """A screen that changes one static segment."""

    permission = "change"
    header_icon = "list-ul"

    @cached_property
    def segment(self) -> Segment:
        segment = super().segment
        if not segment.is_static:
            raise Http404
        return segment

    def permitted(self, user: Any) -> bool:
        return super().permitted(user) and may_look(user, Member)


class UploadMixin:
    """Shows what became of each line of a file, on the page that took it."""

    result_template_name = "wagtail_crm/segments/by_hand/uploaded.html"
    request: HttpRequest

    def uploaded(self, segment: Segment, file: UploadedFile) -> HttpResponse:
        uploaded = read_upload(segment, file, self.request.user)
        segment.refresh_from_db()
        context = self.get_context_data(  # type: ignore[attr-defined]
            segment=segment,
            segment_url=reverse("crm_segment:inspect", args=[segment.pk]),
            uploaded=uploaded,
            shown=uploaded.refused[:SHOWN],
            hidden=max(len(uploaded.refused) - SHOWN, 0),
        )
        return self.response_class(  # type: ignore[attr-defined]
            self.request, self.result_template_name, context
        )


class NewStaticView(UploadMixin, SegmentScreen, FormView):
    """A static segment, empty or filled from a file."""

    permission = "add"
    template_name = "wagtail_crm/segments/by_hand/new.html"
    page_title = _("New static segment")
    header_icon = "list-ul"
    form_class = NewStaticForm

    def permitted(self, user: Any) -> bool:
        return super().permitted(user) and may_look(user, Member)

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return [
            *self.breadcrumbs_items,
            {"url": reverse("crm_segment:list"), "label": gettext("Segments")},
            {"url": "", "label": self.get_page_title()},
        ]

    def form_valid(self, form: NewStaticForm) -> HttpResponse:
        try:
            with transaction.atomic():
                return self._made(form)
        except static.NameTaken:
            form.add_error("name", gettext("There is a segment of this name."))
        except ImportProblem as problem:
            form.add_error("file", str(problem))
        return self.form_invalid(form)

    def _made(self, form: NewStaticForm) -> HttpResponse:
        file, user = form.cleaned_data["file"], self.request.user
        segment = static.create_static_segment(name=form.cleaned_data["name"], by=user)
        if file is None:
            return redirect(reverse("crm_segment:inspect", args=[segment.pk]))
        return self.uploaded(segment, file)


class UploadView(UploadMixin, StaticScreen, FormView):
    """More members from a file."""

    template_name = "wagtail_crm/segments/by_hand/upload.html"
    page_title = _("Add members from a file")
    form_class = UploadForm

    def form_valid(self, form: UploadForm) -> HttpResponse:
        try:
            return self.uploaded(self.segment, form.cleaned_data["file"])
        except ImportProblem as problem:
            form.add_error("file", str(problem))
            return self.form_invalid(form)


class RenameView(StaticScreen, FormView):
    template_name = "wagtail_crm/segments/by_hand/rename.html"
    page_title = _("Rename")
    header_icon = "edit"
    form_class = NameForm

    def get_form_kwargs(self) -> dict[str, Any]:
        named = {"segment": self.segment, "initial": {"name": self.segment.name}}
        return super().get_form_kwargs() | named

    def form_valid(self, form: NameForm) -> HttpResponse:
        name = form.cleaned_data["name"]
        try:
            static.rename_segment(segment=self.segment, name=name, by=self.request.user)
        except static.NameTaken:
            form.add_error("name", gettext("There is a segment of this name."))
            return self.form_invalid(form)
        return redirect(self.segment_url)


def _not_taken(start: str) -> str:
    """A name that no segment has: "start)", else "start, 2)", "start, 3)", …"""
    taken = set(Segment.objects.filter(name__startswith=start).values_list("name", flat=True))
    names = (f"{start})" if number == 1 else f"{start}, {number})" for number in count(1))
    return next(name for name in names if name not in taken)


class FreezeForm(NameForm):
    key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)


class FreezeView(MembersScreen, FormView):
    """Who is in a segment now, kept in a static one."""

    permission = "add"
    template_name = "wagtail_crm/segments/by_hand/freeze.html"
    page_title = _("Freeze to a static copy")
    header_icon = "copy"
    form_class = FreezeForm

    def permitted(self, user: Any) -> bool:
        return super().permitted(user) and may_look(user, Member)

    def get_initial(self) -> dict[str, Any]:
        start = f"{self.segment.name[:95]} ({timezone.localdate().isoformat()}"
        return {"name": _not_taken(start), "key": uuid.uuid4()}

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        run = run_of_key(request.POST.get("key", ""))
        return self._run_page(run) if run else super().post(request, *args, **kwargs)

    def form_valid(self, form: FreezeForm) -> HttpResponse:
        options = {"target": None, "name": form.cleaned_data["name"]}
        try:
            run = start_run(
                segment=self.segment,
                action=AddToStatic(),
                options=options,
                by=self.request.user,
                key=form.cleaned_data["key"],
            )
        except CannotStart as error:
            form.add_error("name", str(error))
            return self.form_invalid(form)
        tasks.begin(run)
        return self._run_page(run)

    def _run_page(self, run: SegmentRun) -> HttpResponse:
        run.refresh_from_db()
        copy = run.options.get("target")
        # Who may only add segments may not look at what is done to them.
        if copy and (
            run.status == run.Status.DONE or not AddToStatic().permitted(self.request.user)
        ):
            return redirect(reverse("crm_segment:inspect", args=[copy]))
        return redirect(reverse("crm_segment_run", args=[run.pk]))


def static_tools(segment: Segment, user: Any) -> dict[str, Any]:
    """What the page of a static segment needs to change who is in it."""
    allowed = segment.is_static and may(user, "change") and may_look(user, Member)
    if not allowed:
        return {"may_change_members": False}
    form = MemberForm(prefix=None)
    return {
        "may_change_members": True,
        "chooser": form["member"],
        "chooser_media": form.media,
    }


class MemberForm(forms.Form):
    member = forms.ModelChoiceField(
        label=_("Add a member"), queryset=Member.objects.present(), widget=CrmChooser(Member)
    )


class ChangeMembersView(StaticScreen, View):
    """Single members in or out, ticked or chosen on the page of the segment."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        chosen = request.POST.getlist("member")
        ids = [int(each) for each in chosen if each.isdecimal() and len(each) <= DIGITS]
        if not ids:
            messages.info(request, gettext("Nobody was chosen."))
        else:
            messages.success(request, self._changed(ids))
        return redirect(self.segment_url)

    def _changed(self, ids: list[int]) -> str:
        if "remove" in self.request.POST:
            number = static.remove_members(
                segment=self.segment, member_ids=ids, by=self.request.user
            )
            text = ngettext(
                "%(n)s member was taken out of “%(segment)s”.",
                "%(n)s members were taken out of “%(segment)s”.",
                number,
            )
        else:
            number = static.add_members(segment=self.segment, member_ids=ids, by=self.request.user)
            text = ngettext(
                "%(n)s member was put into “%(segment)s”.",
                "%(n)s members were put into “%(segment)s”.",
                number,
            )
        return text % {"segment": self.segment.name, "n": number_format(number)}
