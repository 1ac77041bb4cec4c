"""The form widget that chooses one of our rows."""

from typing import Any

from django.db.models import Model
from django.utils.functional import lazy
from django.utils.translation import gettext
from wagtail.snippets.widgets import AdminSnippetChooser


def _name(text: str, model: type[Model]) -> str:
    return gettext(text) % {"object": model._meta.verbose_name}


_named = lazy(_name, str)


class CrmChooser(AdminSnippetChooser):
    """Speaks the language of who looks; Wagtail's that of who looked first."""

    icon: str | None = None

    def __init__(self, model: type[Model] | None = None, **kwargs: Any) -> None:
        super().__init__(model, **kwargs)
        self.choose_one_text = _named("Choose %(object)s", self.model)
        self.choose_another_text = _named("Choose another %(object)s", self.model)
        self.link_to_chosen_text = _named("Edit this %(object)s", self.model)

    def render_html(self, *args: Any, **kwargs: Any) -> str:
        # Blocks say which; a plain form does not, and the square for it would stay empty.
        if self.icon is None:
            self.icon = self.model_class.snippet_viewset.icon
        return super().render_html(*args, **kwargs)
