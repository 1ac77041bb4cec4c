"""How people write a mapping: a small YAML file, words on the command line, or both."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import yaml
from django.utils.translation import gettext as _

from .mapping import FieldSource, ImportMapping, LineRule
from .refusals import ImportProblem, did_you_mean

YAML_ENDINGS = {".yaml", ".yml"}


def parse_mapping(words: Sequence[str]) -> ImportMapping:
    """Understand the words after ``--mapping``.

    A word is a YAML file, or ``field=column``, ``field=column:conversion:format`` or
    ``field==constant``; several may stand in one word with commas between. Fields on the command
    line win over the file's. Raises ``ImportProblem`` with the sentence to show.
    """
    mapping = ImportMapping()
    for word in words:
        if Path(word).suffix.lower() in YAML_ENDINGS:
            mapping = _parse_file(Path(word))
    given = dict(
        _parse_pair(pair)
        for word in words
        if Path(word).suffix.lower() not in YAML_ENDINGS
        for pair in word.split(",")
        if pair
    )
    return replace(mapping, fields={**mapping.fields, **given})


def _parse_pair(pair: str) -> tuple[str, FieldSource]:
    target, equals, rest = pair.partition("=")
    if not (target and equals and rest):
        raise ImportProblem(
            _("'%(text)s' is not a mapping. Write field=column, e.g. email=メール.")
            % {"text": pair}
        )
    if rest.startswith("="):
        return target.strip(), FieldSource(value=rest[1:])
    column, _colon, conversion = rest.partition(":")
    name, _colon, format = conversion.partition(":")
    return target.strip(), FieldSource(column=column, as_=name, format=format)


def _parse_file(path: Path) -> ImportMapping:
    try:
        # BaseLoader makes nothing but texts: 0, no and 2011-03-01 stay what is written.
        raw = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)  # noqa: S506
    except OSError as error:
        raise ImportProblem(
            _("The mapping %(file)s cannot be read: %(reason)s.")
            % {"file": path, "reason": error.strerror or error}
        ) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ImportProblem(
            _("The mapping %(file)s is not YAML: %(reason)s") % {"file": path, "reason": error}
        ) from error
    return _parse_document(_table(raw, path.name))


def _parse_document(raw: Mapping[str, Any]) -> ImportMapping:
    settings = dict(raw)
    _refuse_unknown(settings, _names(ImportMapping), _("the mapping"))
    settings["fields"] = {
        target: _parse_field(target, source)
        for target, source in _table(settings.get("fields"), "fields").items()
    }
    for name in ("refuse", "skip"):
        settings[name] = tuple(_parse_rule(rule, name) for rule in settings.get(name) or ())
    settings["attributes"] = {
        key: _table(told, key)
        for key, told in _table(settings.get("attributes"), "attributes").items()
    }
    settings["header_line"] = _positive(settings.get("header_line") or "1")
    return ImportMapping(**settings)


def _parse_field(target: str, source: Any) -> FieldSource:
    if isinstance(source, str):
        return FieldSource(column=source)
    table = _table(source, target)
    settings = {("as_" if key == "as" else key): value for key, value in table.items()}
    _refuse_unknown(settings, _names(FieldSource), target)
    if ("column" in settings) == ("value" in settings):
        raise ImportProblem(
            _("'%(field)s' in the mapping needs either a column or a constant value.")
            % {"field": target}
        )
    words = _texts(_table(settings.pop("map", None), target), target)
    texts: dict[str, Any] = {**_texts(settings, target)}
    return FieldSource(map=words, **texts)


def _parse_rule(rule: Any, name: str) -> LineRule:
    default = {"pattern": r"^\s*$", "reason": _("Refused by the mapping")}
    settings = {**default, **_texts(_table(rule, name), name)}
    _refuse_unknown(settings, _names(LineRule), name)
    if "column" not in settings:
        raise ImportProblem(_("A rule under '%(name)s' names no column.") % {"name": name})
    return LineRule(**settings)


def _table(raw: Any, name: str) -> Mapping[str, Any]:
    if raw in (None, ""):
        return {}
    if not isinstance(raw, dict):
        raise ImportProblem(
            _("'%(name)s' in the mapping must be lines of the form 'name: value'.") % {"name": name}
        )
    return raw


def _texts(table: Mapping[str, Any], name: str) -> Mapping[str, str]:
    for key, value in table.items():
        if not isinstance(value, str):
            raise ImportProblem(
                _("'%(key)s' of '%(name)s' in the mapping must be a text.")
                % {"key": key, "name": name}
            )
    return table


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise ImportProblem(_("'header_line' must be the number of a line, from 1."))
    return int(text)


def _names(kind: type) -> list[str]:
    return [field.name for field in fields(kind)]


def _refuse_unknown(given: Iterable[str], known: list[str], where: str) -> None:
    for name in given:
        if name not in known:
            raise ImportProblem(
                _("'%(name)s' means nothing in %(where)s.") % {"name": name, "where": where}
                + did_you_mean(name, known)
            )
