"""Fetching the next, and putting away the last, while this one is being worked on."""

from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
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


@contextmanager
def behind(work: Callable[[Item], None]) -> Iterator[Callable[[Item], None]]:
    """Have a thread do ``work`` with what is given to the function that this yields.

    It is done with one before it is given another, and with all at the end: an error of ``work``
    is raised there. It must not use the database either.
    """
    last: Future[None] | None = None

    def give(item: Item) -> None:
        nonlocal last
        if last is not None:
            last.result()
        last = worker.submit(work, item)

    with ThreadPoolExecutor(1) as worker:
        yield give
        if last is not None:
            last.result()
