"""Config and rule files, read anew while the daemon runs: the new ones as a whole, or the last good ones.

It puts nothing in force: it says what to put there, and what the operators are to be told.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from monitor.config import Config
from monitor.setup import Setup, setup
from monitor.slack import words
from monitor.watch import stamp
from rules.changes import changes, cut_off
from rules.mistakes import Mistake, Mistakes

_LISTED = 5
"""Mistakes told to the operators one by one; the log has them all."""


@dataclass(frozen=True, slots=True)
class Good:
    """What can be put in force."""

    config: Config
    setup: Setup
    told: str | None
    """What changed, for the operators; None where nothing did."""


@dataclass(frozen=True, slots=True)
class Bad:
    """What has to be put right first: nothing that can be named yet, where a file is being written."""

    mistakes: tuple[Mistake, ...]
    told: str | None
    """The same for the operators; None where they know."""


class Reload:
    """Reads what is in the files now and compares it with what is in force.

    Args:
        config: the config in force.
        made: what it put in force.
        texts: its rule files, name -> text.
        read: reads the config file; raises Mistakes.
    """

    def __init__(self, config: Config, made: Setup, texts: Mapping[str, str], read: Callable[[], Config]) -> None:
        self._config, self._made, self._texts = config, made, dict(texts)
        self._read = read
        self._refused: tuple[Mistake, ...] = ()

    def __call__(self) -> Good | Bad:
        """Read the files; whatever is good is taken for what is in force from now on."""
        places = self._config.file, self._config.rules
        before = stamp(places)
        try:
            config, made, texts = self._fresh()
        except Mistakes as mistakes:
            if stamp(places) != before:
                # They were being written while we read. The watch says when that is over.
                return Bad((), None)
            return self._bad(mistakes.all)
        except OSError as error:
            what = (error.strerror or words.UNREADABLE).lower()
            return self._bad((Mistake(str(error.filename), None, what, "check the path and its permissions"),))
        told = self._news(config, made)
        if told is None and self._refused:
            told = words.RIGHT_AGAIN
        self._config, self._made, self._texts, self._refused = config, made, texts, ()
        return Good(config, made, told)

    def _fresh(self) -> tuple[Config, Setup, dict[str, str]]:
        config = self._read()
        texts = config.rule_texts()
        made = setup(config, texts)
        if broken := cut_off(self._texts, texts):
            raise Mistakes(broken)
        return config, made, texts

    def _bad(self, mistakes: tuple[Mistake, ...]) -> Bad:
        known, self._refused = self._refused == mistakes, mistakes
        if known:
            return Bad(mistakes, None)
        lines = [str(mistake) for mistake in mistakes[:_LISTED]]
        if len(mistakes) > _LISTED:
            lines.append(words.MORE_MISTAKES.format(count=len(mistakes) - _LISTED))
        return Bad(mistakes, "\n".join((words.NOT_RELOADED, *lines)))

    def _news(self, config: Config, made: Setup) -> str | None:
        news = []
        if ruled := changes(self._made.book, made.book):
            news.append(words.RULES_RELOADED.format(what=ruled))
        if self._made.coach.fingerprint != made.coach.fingerprint:
            news.append(words.COACH_RELOADED.format(count=len(made.coach.rules)))
        if keys := _differing(self._config, config):
            news.append(words.CONFIG_RELOADED.format(keys=", ".join(keys)))
        return "; ".join(news) or None


def _differing(before: Config, after: Config) -> list[str]:
    """The parts of the config that are not what they were, as they are called in the file."""
    names = {
        "sources": "[[source]]",
        "policies": "[[policy]]",
        "hours": "[[hours]]",
        "people": "[[person]]",
        "rotas": "[[rota]]",
        "own_posts": "[own_posts]",
    }
    names |= {
        name: f"[{name}]" for name in ("brand", "slack", "coach", "drill", "fallback", "heartbeat", "health", "daemon")
    }
    differing = (name for name in Config.model_fields if getattr(before, name) != getattr(after, name))
    return [names.get(name, name) for name in differing]
