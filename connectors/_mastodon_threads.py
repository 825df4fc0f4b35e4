"""Whose conversation a Mastodon post belongs to. A server only says what a post answers: the root is climbed to once.

What lies above a post that cannot be seen (deleted, private, of a server that blocks ours) is not known to anybody
here: there the thread is named by the lowest post that is missing, the same for all that hang below it.
"""

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence

from rules.model import Mention

_REMEMBERED = 20_000
_TURNS = 5
"""Requests of one climb: a server shows a long way up in parts."""


class Threads:
    """Roots, remembered as long as there is room.

    Args:
        above: asks for the posts above one, each with what it answers (empty: nothing).
    """

    def __init__(self, above: Callable[[str], Mapping[str, str]]) -> None:
        self._above = above
        self._roots: OrderedDict[str, str] = OrderedDict()

    def learn(self, mentions: Sequence[Mention]) -> None:
        """Take in posts, newest first, as far as nobody has to be asked about them."""
        for one in reversed(mentions):
            root = self.known(one)
            if root:
                self._remember(one.id, root)

    def known(self, mention: Mention) -> str:
        """The root of a post's thread; empty where it has to be climbed to."""
        if mention.reply_to is None:
            return mention.id
        root = self._roots.get(mention.reply_to, "")
        if root:
            self._roots.move_to_end(mention.reply_to)
        return root

    def climb(self, mention: Mention) -> str:
        """The root of a post's thread, asked for where it is not known.

        Raises:
            SourceError: it could not be asked.
        """
        root = self.known(mention)
        if root:
            self._remember(mention.id, root)
            return root
        way, top, asked = [mention.id], mention.reply_to or mention.id, ""
        for _ in range(_TURNS):
            if asked == way[-1]:
                break
            asked = way[-1]
            above = self._above(asked)
            while top in above and above[top] and above[top] not in way:
                way.append(top)
                top = above[top]
            if top in above or top in self._roots:
                break
        root = self._roots.get(top, top)
        for one in (*way, top):
            self._remember(one, root)
        return root

    def _remember(self, own: str, root: str) -> None:
        self._roots[own] = root
        self._roots.move_to_end(own)
        if len(self._roots) > _REMEMBERED:
            self._roots.popitem(last=False)
