"""Fetching the next while this one is being worked on."""

from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import TypeVar

Item = TypeVar("Item")


def ahead(source: Generator[Item, None, None]) -> Generator[Item, None, None]:
    """Yield what ``source`` yields, which is one item further already.

    A thread runs ``source``: it reads Redis while the caller waits for the database. It must not
    use the database itself, because Django gives each thread a connection of its own.
    """
    with closing(source), ThreadPoolExecutor(1) as reader:
        coming = reader.submit(next, source, None)
        while (item := coming.result()) is not None:
            coming = reader.submit(next, source, None)
            yield item
