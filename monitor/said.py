"""What people made of posts, by word or by deed. Reads the store and judges nothing.

Somebody who answers or resolves a case treats its complaints as complaints; who dismisses it says that they are none.
A word about a single post counts for more than either, and the newest word for more than an older one.
"""

import sqlite3

from monitor.review import derive
from monitor.store import cases, opinions, posts
from monitor.store.posts import Key
from rules.model import Ended, Kind


def complaints(db: sqlite3.Connection) -> dict[Key, bool]:
    """The posts (source, id) of which people said, one way or the other, whether they are complaints."""
    found: dict[Key, bool] = {}
    for row in cases.every(db):
        case = derive(db, row)
        for silence in case.silences if case else ():
            if silence.settled is None or silence.settled.how is Ended.WITHDRAWN:
                continue
            keys = [(row.source, word) for word in silence.words]
            if silence.settled.how is Ended.DISMISSED:
                found |= dict.fromkeys(keys, False)
            else:
                # An answered question says nothing about complaints.
                heard = posts.find(db, keys)
                found |= {key: True for key, one in heard.items() if one.verdict.kind is Kind.COMPLAINT}
    found |= {opinion.post: opinion.complaint for opinion in opinions.every(db)}
    return found
