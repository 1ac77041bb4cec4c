"""Killing servers with all their children, and starting them again."""

import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import psutil

from example.demo.processes import Process
from example.demo.servers import Postgres, Redis

# Seconds that victims stay away, at most.
AWAY = 1.5
# One fault in so many has two victims.
DOUBLE = 4
# Seconds the kernel may take to end processes.
ENDS_WITHIN = 10


def kill(process: Process) -> None:
    """SIGKILL a process and all that it started; return when they are gone."""
    family = [psutil.Process(process.pid)]
    family += family[0].children(recursive=True)
    for member in family:
        member.kill()
    process.wait()
    deadline = time.monotonic() + ENDS_WITHIN
    while any(map(_lives, family)):
        assert time.monotonic() < deadline, f"{family} do not end."
        time.sleep(0.01)


def _lives(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@dataclass
class Faults:
    """Kills ``victims`` by turns in random order; counts how often.

    The next fault comes at most ``pause`` seconds after all is ``at_work`` again: killing what
    only starts proves little.
    """

    victims: list[Process | Postgres | Redis]
    dice: random.Random
    pause: float
    at_work: Callable[[], bool]
    kills: Counter = field(default_factory=Counter)

    def go_on_while(self, condition: Callable[[], bool]) -> None:
        waiting: list[Process | Postgres | Redis] = []
        while condition():
            if not waiting:
                waiting = self.dice.sample(self.victims, len(self.victims))
            number = 2 if len(waiting) > 1 and not self.dice.randrange(DOUBLE) else 1
            while condition() and not self.at_work():
                time.sleep(0.05)
            time.sleep(self.dice.uniform(0, self.pause))
            self.strike([waiting.pop() for _ in range(number)])

    def strike(self, victims: list[Process | Postgres | Redis]) -> None:
        """Kill these, wait a moment, and start them again."""
        for victim in victims:
            kill(victim if isinstance(victim, Process) else victim.processes()[0])
            self.kills[victim.name] += 1
        time.sleep(self.dice.uniform(0, AWAY))
        for victim in victims:
            victim.start()
