"""What ``/harken who``, ``cover``, ``swap`` and ``uncover`` do: who is on call, and whose time somebody takes.

The same facts as ``harken oncall``. Who may act is in the config, and only people with a ``[[person]]`` table can be on
call; whoever else it concerns hears of it from the daemon.
"""

from collections.abc import Callable, Sequence
from zoneinfo import ZoneInfo

from monitor import covers, moments
from monitor.actors import Actors
from monitor.config import Config
from monitor.line import Line
from monitor.rotas import RotaSettings
from monitor.slack import Message, words
from monitor.slack import turns as render
from monitor.slack.controls import Command
from monitor.slack.lists import sentences
from rules.mistakes import did_you_mean
from rules.model import Shift


class Turns:
    """Answers commands about time on call.

    Args:
        line: where facts go.
        config: what is in force.
        actors: who is who.
    """

    def __init__(self, line: Line, config: Callable[[], Config], actors: Actors) -> None:
        self._line = line
        self._config = config
        self._actors = actors

    def answer(self, command: Command) -> Message | None:
        """What came of the command; None if it is about something else."""
        does = {"who": self._who, "cover": self._cover, "swap": self._swap, "uncover": self._uncover}
        name, *rest = command.said or ("",)
        if name not in does:
            return None
        try:
            return does[name](command, rest)
        except LookupError as error:
            return sentences(str(error.args[0]))

    def _who(self, _command: Command, rest: Sequence[str]) -> Message:
        wanted = [self._rota(rest)[0]] if rest else self._config().rotas
        now = self._line.clock()
        with self._line.store.read() as db:
            found = [(each.name, covers.turns(db, self._line.setup, each.name, now)) for each in wanted]
        return render.who(found, now)

    def _cover(self, command: Command, rest: Sequence[str]) -> Message:
        person, (each, said) = self._person(command), self._rota(rest)
        now = self._line.clock()
        zone = ZoneInfo(self._line.setup.zones.get(person) or each.zone)
        try:
            span = moments.span(" ".join(said), now, zone)
        except ValueError as error:
            return sentences(words.NOT_COVERED.format(why=error))
        with self._line.store.write("cover") as db:
            covers.cover(db, each.name, Shift(person, span), now, by=person)
        self._line.escalate()
        return render.covered(each.name, span, zone.key)

    def _swap(self, command: Command, rest: Sequence[str]) -> Message:
        person, (each, said) = self._person(command), self._rota(rest)
        other = self._named(" ".join(said))
        if other == person:
            raise LookupError(words.SWAP_WITH_WHOM)
        now = self._line.clock()
        with self._line.store.write("swap") as db:
            found = covers.swap(db, self._line.setup, each.name, (person, other), now, by=person)
        if found is None:
            return sentences(words.NO_TURNS.format(rota=each.name, one=person, other=other))
        self._line.escalate()
        return render.swapped(each.name, other, found[0].span, found[1].span)

    def _uncover(self, command: Command, _rest: Sequence[str]) -> Message:
        person, now = self._person(command), self._line.clock()
        with self._line.store.write("uncover") as db:
            undone = covers.take_back(db, person, now)
        if not undone:
            return sentences(words.NOTHING_TO_UNCOVER)
        self._line.escalate()
        return render.uncovered([(one.rota, one.shift) for one in undone])

    def _person(self, command: Command) -> str:
        """Who typed it, by the name rotas know."""
        name = self._actors.name(command.user)
        if name is None:
            raise LookupError(words.NOT_ALLOWED)
        if name not in self._line.setup.people:
            raise LookupError(words.NO_PERSON)
        return name

    def _named(self, said: str) -> str:
        """The person that ``said`` means: "@kim", or a mention as Slack writes it."""
        user = said.removeprefix("<@").partition("|")[0].rstrip(">") if said.startswith("<@") else None
        name = self._actors.name(user) if user is not None else said.removeprefix("@")
        if name in self._line.setup.people:
            return str(name)
        meant = did_you_mean(name or "", list(self._line.setup.people))
        raise LookupError(words.MEANT_PERSON.format(name=meant) if meant else words.SWAP_WITH_WHOM)

    def _rota(self, said: Sequence[str]) -> tuple[RotaSettings, Sequence[str]]:
        """The rota that is named first, or the only one there is; and the words after its name."""
        known = {each.name: each for each in self._config().rotas}
        if said and said[0] in known:
            return known[said[0]], said[1:]
        if len(known) == 1 and said:
            return next(iter(known.values())), said
        raise LookupError(words.WHICH_ROTA.format(rotas=", ".join(known)) if known else words.NO_ROTAS)
