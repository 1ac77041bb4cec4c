"""Contributions to the package: each extension point is one hook and one registry."""

import functools
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Generic, TypeVar

from django.core.exceptions import ImproperlyConfigured
from wagtail import hooks

T = TypeVar("T")
_registries: "list[Registry[Any]]" = []


class Registry(Mapping[str, T], Generic[T]):
    """Everything contributed through one hook, keyed by its ``slug``, in hook order.

    A hook function takes no argument and returns an iterable of ``item_type``. It is called
    once per process, on first use. :meth:`clear` forgets the result (for tests).

    Raises ``ImproperlyConfigured`` for an item of another type or a slug used twice.
    """

    def __init__(self, hook_name: str, item_type: type[T]) -> None:
        self.hook_name = hook_name
        self.item_type = item_type
        _registries.append(self)

    @functools.cached_property
    def _items(self) -> dict[str, T]:
        items: dict[str, T] = {}
        for hook in hooks.get_hooks(self.hook_name):
            for item in hook():
                self._add(items, item, hook)
        return items

    def _add(self, items: dict[str, T], item: T, hook: Callable[[], Any]) -> None:
        source = f"{hook.__module__}.{hook.__qualname__}"
        if not isinstance(item, self.item_type):
            raise ImproperlyConfigured(
                f"{self.hook_name}: {source} returned {item!r}, "
                f"which is not a {self.item_type.__name__}."
            )
        slug: str = item.slug  # type: ignore[attr-defined]  # the contract of every item type
        if slug in items:
            raise ImproperlyConfigured(f"{self.hook_name}: {source} registers '{slug}' again.")
        items[slug] = item

    def __getitem__(self, slug: str) -> T:
        return self._items[slug]

    def __iter__(self) -> Iterator[str]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def clear(self) -> None:
        """Forget what was collected; the hooks are asked again on next use."""
        self.__dict__.pop("_items", None)


def clear_registries() -> None:
    """Make every registry ask its hooks again."""
    for registry in _registries:
        registry.clear()
