"""What a person did about a case, noted together with what it says about the posts. Draws no conclusions."""

import sqlite3

from monitor.store import opinions, posts
from monitor.store.drills import SOURCE
from monitor.store.opinions import NOT_A_COMPLAINT, Opinion
from monitor.store.posts import Key
from rules import silence
from rules.model import Act


def note(db: sqlite3.Connection, act: Act, thread: Key, author: str, via: str) -> None:
    """Append an act about the case of ``author`` in a thread (source, thread).

    Who dismisses a case says of the words of its silence that they are no complaint; of a drill's, that says nothing.
    """
    if act.act == "dismiss" and thread[0] != SOURCE:
        case = silence.cases(*thread, posts.thread(db, thread), posts.acts(db, thread)).get(author)
        words = case.standing.words if case is not None else ()
        said = (Opinion(NOT_A_COMPLAINT, (thread[0], word), act.by, act.at, act.note) for word in words)
        opinions.add(db, said, via)
    posts.add_act(db, act, thread, author, via)
