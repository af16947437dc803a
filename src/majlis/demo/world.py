"""What the demonstration stands on: one host, its witnesses, a simulated clock, and somebody who tells the story."""

from __future__ import annotations

from hashlib import sha256
from typing import Protocol

from majlis.crypto import Chance, SigningKey
from majlis.demo.people import Person
from majlis.demo.setting import Setting
from majlis.host.clock import SimulatedClock
from majlis.host.host import Host

DAY = 86_400


class Teller(Protocol):
    """Says in plain sentences what happens, and shows how far it is."""

    def chapter(self, title: str) -> None: ...

    def say(self, sentence: str) -> None: ...

    def start(self, what: str, total: int) -> None: ...

    def step(self, count: int = 1) -> None: ...

    def finish(self) -> None: ...


class World:
    """Everything that the people of the demonstration stand on."""

    def __init__(self, setting: Setting, tell: Teller) -> None:
        self.setting = setting
        self.host: Host = setting.host
        self.clock: SimulatedClock = setting.clock
        self.chance: Chance = setting.chance
        self.tell = tell
        self.courier = Person("courier", setting.chance)
        self.log_keys: dict[str, SigningKey] = {}

    def sealed(self, key: SigningKey) -> str:
        """The hash of a public key that is kept on paper until it is needed."""
        return sha256(key.public_key).hexdigest()

    def tick(self) -> None:
        """Every record has its newest checkpoint cosigned and logs the witnesses' time."""
        for identity in self.host.bodies():
            self.host.tick(identity, self.setting.witnesses, self.courier.key)

    def pass_days(self, days: int) -> None:
        """Time passes, and every record is shown that it did."""
        self.clock.advance(days * DAY)
        self.tick()

    def seal_all(self) -> None:
        """The last checkpoint of every record is cosigned, so that all that is published is safe."""
        for identity in self.host.bodies():
            self.host.cosign(identity, self.setting.witnesses)
