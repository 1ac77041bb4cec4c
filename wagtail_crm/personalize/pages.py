"""Page types whose content depends on who reads them. Imports no models: see ``surveys.pages``."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from wagtail.models import PreviewableMixin


class PersonalisedPageMixin:
    """``class HomePage(PersonalisedPageMixin, Page)``: previews with other eyes, safe caching.

    A response that was made for a member is never kept by shared caches, with or without this
    mixin: whatever reads ``request.crm`` says so. The mixin also declares what pages depend on
    before anybody is known.
    """

    def get_vary_headers(self) -> list[str]:
        """Headers of the request that decide what the page shows."""
        return ["Cookie"]

    def serve(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = super().serve(request, *args, **kwargs)  # type: ignore[misc]  # a page
        patch_vary_headers(response, self.get_vary_headers())
        return response

    @property
    def preview_modes(self) -> list[tuple[str, Any]]:
        """The page's own modes, and one for each kind of eyes."""
        return [*self._own_preview_modes, *self._modes_of_eyes]

    @cached_property
    def _modes_of_eyes(self) -> list[tuple[str, Any]]:
        """One for each segment; the page's editor asks for them three times."""
        # Segments are models, which may not be loaded yet when page types are.
        from .previews import preview_modes  # noqa: PLC0415

        return preview_modes()

    @property
    def default_preview_mode(self) -> str:
        """One of the page's own. Wagtail asks for it once for each mode, that is each segment."""
        return self._own_preview_modes[0][0]

    @property
    def _own_preview_modes(self) -> list[tuple[str, Any]]:
        own = super().preview_modes  # type: ignore[misc]
        if own == PreviewableMixin.DEFAULT_PREVIEW_MODES:
            return [("", _("Everything, with labels"))]
        return own

    def serve_preview(self, request: HttpRequest, mode_name: str) -> HttpResponse:
        from .preview_bar import with_bar  # noqa: PLC0415  # as above
        from .previews import eyes_for, look_with  # noqa: PLC0415

        eyes = eyes_for(mode_name, request)
        if eyes is None:
            return super().serve_preview(request, mode_name)  # type: ignore[misc]
        look_with(eyes, request)
        own_mode = super().preview_modes[0][0]  # type: ignore[misc]
        response = super().serve_preview(request, own_mode)  # type: ignore[misc]
        return with_bar(response, eyes, request)
