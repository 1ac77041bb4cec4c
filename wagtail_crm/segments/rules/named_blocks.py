"""Choosers of what rules name; many of them are read at once."""

from wagtail import blocks

from wagtail_crm.chooser_blocks import CrmChooserBlock

from .reading import NamedMixin


class NamedPageBlock(NamedMixin, blocks.PageChooserBlock):
    pass


class NamedChooserBlock(NamedMixin, CrmChooserBlock):
    pass
