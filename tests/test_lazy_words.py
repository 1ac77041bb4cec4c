"""Texts made while modules are read are translated when they are shown, not once for all."""

import ast

import pytest

from tests.services import ROOT

NOW = {"gettext", "ngettext", "pgettext", "npgettext"}
MODULES = [path for name in ("wagtail_crm", "example") for path in (ROOT / name).rglob("*.py")]


def translators(tree):
    """What the functions of ``django.utils.translation`` are called in this module."""
    return {
        alias.asname or alias.name: alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "django.utils.translation"
        for alias in node.names
    }


def run_on_import(node):
    """The nodes below this one that are evaluated when the module is read."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            at_once = [*child.decorator_list, *child.args.defaults, *child.args.kw_defaults]
            for part in filter(None, at_once):
                yield part
                yield from run_on_import(part)
        elif not isinstance(child, ast.Lambda):
            yield child
            yield from run_on_import(child)


def translated_at_once(source):
    tree = ast.parse(source)
    names = translators(tree)

    def is_text(node):
        return isinstance(node, ast.Call) and getattr(node.func, "id", "") in names

    return [
        ast.unparse(node)
        for node in run_on_import(tree)
        if (is_text(node) and names[node.func.id] in NOW)
        or (isinstance(node, ast.BinOp) and is_text(node.left))
        or (isinstance(node, ast.FormattedValue) and is_text(node.value))
    ]


def test_nothing_is_translated_while_a_module_is_read():
    found = {path.relative_to(ROOT): translated_at_once(path.read_text()) for path in MODULES}

    assert {path: texts for path, texts in found.items() if texts} == {}


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("label = gettext('Name')", ["gettext('Name')"]),
        ("class A:\n    label = gettext('Name')", ["gettext('Name')"]),
        ("def f(label=gettext('Name')): pass", ["gettext('Name')"]),
        ("label = _('Name %s') % 1", ["_('Name %s') % 1"]),
        ("label = f\"{_('Name')}!\"", ["{_('Name')}"]),
        ("label = _('Name')", []),
        ("def f(): return gettext('Name')", []),
        ("f = lambda: gettext('Name')", []),
    ],
)
def test_the_search_finds_what_is_translated_at_once(source, found):
    imports = "from django.utils.translation import gettext, gettext_lazy as _\n"

    assert translated_at_once(imports + source) == found
