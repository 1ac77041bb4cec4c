"""The StreamField block that chooses one of our rows."""

from typing import Any

from django.utils.functional import cached_property
from wagtail.snippets.blocks import SnippetChooserBlock


class CrmChooserBlock(SnippetChooserBlock):
    """Speaks the language of who looks; Wagtail's that of who looked first."""

    @cached_property
    def widget(self) -> Any:
        # Blocks are read with the models, widgets of the admin cannot be.
        from .chooser_widgets import CrmChooser  # noqa: PLC0415

        wagtails = super().widget  # settles the icon of the block
        return CrmChooser(self.target_model, icon=wagtails.icon)
