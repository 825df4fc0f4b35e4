"""English for ``rules.promises``: how it names times, and how we say in it that we come back. Knows no instant."""

import re
from datetime import timedelta

from rules.moments import Moment, Tongue

_X = re.VERBOSE | re.IGNORECASE

_COUNTED = {
    "a": 1,
    "an": 1,
    "the": 1,
    "one": 1,
    "two": 2,
    "couple": 2,
    "couple of": 2,
    "next": 1,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "seven": 7,
    "eight": 8,
    "nine": 9,
    "ten": 10,
    "twelve": 12,
    "fifteen": 15,
    "twenty": 20,
    "thirty": 30,
    "forty-five": 45,
    "forty-eight": 48,
    "sixty": 60,
}
_NUMBER = rf"(?:\d{{1,3}}|{'|'.join(sorted(_COUNTED.keys() - {'next'}, key=len, reverse=True))})".replace(" ", r"\ ")
_WEEKDAY = r"(?:mon|tues?|wed(?:nes)?|thu(?:rs?)?|fri|satur|sat|sun)(?:day)?"
_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
_NTH = r"(?:3[01]|[0-2]?[0-9])(?:st|nd|rd|th)"
_DAY = rf"(?:{_NTH}|3[01]|[0-2]?[0-9])"

_PIECES = re.compile(
    rf"""
    \b(?P<over>yesterday|ago|last\ (?:night|week|month|{_WEEKDAY})|every|each|daily|per)\b
  | \b(?P<after>(?:the\ )?day\ after\ tomorrow)\b
  | \b(?P<length>half\ an\ hour|(?:{_NUMBER}\s?(?:-|\u2013|to|or)\s?)?(?:a\ )?
      (?P<number>{_NUMBER}|next(?=\ (?:hour|day)\b))[\s-]?(?:(?P<working>business|working|work|office)\ )?
      (?P<unit>minutes?|mins?|hours?|hrs?|h|days?|weeks?|wks?)(?P<two>\ or\ two)?(?:'?\ time)?)\b
  | \b(?P<date>{_DAY}(?:\ of)?\ {_MONTH}|{_MONTH}\ {_DAY}|20\d\d-[01]\d-[0-3]\d|(?<=\bthe\ ){_NTH})\b
  | \b(?P<hour>[01]?[0-9]|2[0-3])(?:(?::00)?(?:\s?[ap]\.?m\.?)?\s?(?:-|\u2013|to|and)\s?(?P<till>1[0-2]|[1-9]))?
      (?:[:.](?P<minute>[0-5][0-9]))?
      (?:\s?(?P<half>[ap])\.?m\b\.?|\s?(?:o'?\s?clock|h(?:ou)?rs)\b|(?<=[:.][0-5][0-9])\b
        |(?P<plain>(?=\s*(?:$|[;)!?]|[.,](?:\s|$)|(?:today|tomorrow|this|on|tonight|at\ the)\b))))
      (?:\s?\(?(?P<zone>(?:(?-i:[A-Z]{{1,4}}T|MEZ|MESZ)|utc|gmt|[ecmp][sd]t|bst
        |eastern|pacific|central|mountain)(?:\ time)?\b)\)?)?
  | \b(?P<closing>(?:the\ )?end\ of\ (?:the\ |our\ |my\ )?(?:business\ |working\ |work\ )?(?:day|(?=today))
      |(?:the\ )?close\ of\ (?:business|play|day)|eod|cob|cop)\b
  | \b(?P<weekend>(?:the\ |this\ )?weekend)\b
  | \b(?P<week>(?:(?:(?P<early>early)|(?P<mid>mid(?:dle\ of)?)|later?|(?:the\ )?end\ of|some\ ?time)[ -])?
      (?:(?:the|this)\ (?:working\ |business\ )?|(?P<next>(?:the\ )?(?:next|following)\ ))week)\b
  | \b(?P<month>(?:the\ )?end\ of\ (?:the\ |this\ )?month)\b
  | \b(?P<workday>(?:the\ )?next\ (?:business|working)\ day)\b
  | \b(?P<tomorrow>tomorrow|tomoz|tmrw|tmr)\b(?P<early_on>)
  | \b(?P<today>(?:later\ )?(?:on\ )?today|later\ (?=this\ (?:morning|afternoon|evening)))\b
  | \b(?P<tonight>tonight)\b
  | \b(?P<weekday>(?:(?P<coming>next)\ |(?P<this>this)\ )?(?:coming\ )?(?P<name>{_WEEKDAY}))\b(?P<also>)
  | \b(?P<daypart>(?:in\ the\ |(?P<ours>this)\ (?!first))?(?:early\ |mid-?|late\ )?
      (?P<part>first\ thing|morning|afternoon|evening|noon|midday|lunch(?:time)?|midnight))\b
    """,
    _X,
)
_LEAD = re.compile(
    r"""(?:(?P<firm>\b(?:by|before|within|inside|in|over|during|no\ later\ than|(?<!allow\ )up\ to))
     | \b(?:allow|give)(?:\ (?:us|me|our\ \w+|the\ team))?(?:\ (?:up\ to|at\ least|please))?
     | \b(?:at|on|around|about|for) | [~@]
     | (?P<bad>\b(?:until|till?|from|since|after|past|to|as\ of|starting|was|were
         |(?:the|your|our)\ (?:last|past)|my|your|our|their|his|her|its|a)|[-\u2013/$\u20ac\u00a3\#])
    )(?:\ (?:the|about|around|approx(?:imately)?|roughly|just|under|at|next|coming|following|another|between))*\ ?$""",
    _X,
)
TIMES = Tongue(
    pieces=_PIECES,
    glue=re.compile(
        r"(?:[\s,~@(]|\b(?:at|by|on|in|the|around|about|before|of|no|later|than|latest|approx)\b)*", re.IGNORECASE
    ),
    lead=_LEAD,
    trail=re.compile(
        r"""(?P<latest>,?\ (?:at\ the\ (?:very\ )?latest|or\ (?:sooner|earlier|less)|max(?:imum)?|tops)\b)
        |(?P<over>\ ?(?:ago\b|yesterday\b|'s?\b|[%/$\u20ac\u00a3:-]\w))""",
        _X,
    ),
    lasting=frozenset({"within", "inside", "in", "over", "during", "no", "up", "for", "allow", "give"}),
    before=frozenset({"by", "before", "no"}),
    numbers=_COUNTED,
    units={
        "m": timedelta(minutes=1),
        "h": timedelta(hours=1),
        "d": timedelta(days=1),
        "w": timedelta(weeks=1),
    },
    weekdays=("mon", "tue", "wed", "thu", "fri", "sat", "sun"),
    months=("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"),
    parts={
        "first": "morning",
        "morning": "morning",
        "afternoon": "afternoon",
        "evening": "evening",
        "noon": "noon",
        "midday": "noon",
        "lunch": "lunch",
        "midnight": "night",
    },
    dial=12,
)

_YOU = r"(?:you(?:\ all|\ both|\ guys)?|u|y'all|everyone|everybody|customers|passengers|them|him|her)\b"
_NEWS = (
    r"(?:updates?|news|answers?|repl(?:y|ies)|responses?|info(?:rmation)?|details?|status|outcome|statement|word"
    r"|solution|resolution|feedback)"
)
_SOME = (
    r"(?:an?|another|the|our|some|more|further|next|new|full|fresh|status|any|your|final|proper|detailed|written|\ )*"
)
_BACK = re.compile(
    rf"""
    \b(?:
      be\ (?:right\ |straight\ )?back\ (?:to|with|in\ touch\ with|in\ touch|on\ this)\b(?:\ {_YOU})?
    | (?:get|come|circle|report|revert|write|check|call|ring|phone|reach)\ (?:right\ |straight\ )?back
        (?:\ (?:(?:to|with|in\ touch\ with)\ {_YOU}|in\ touch|on\ this)\b)?
    | (?:be|get|keep)\ in\ (?:touch|contact)(?:\ with\ {_YOU})?
    | reach\ out(?:\ to\ {_YOU})?
    | (?:reply|respond|revert)(?:\ to\ {_YOU}|\ to\ your\ \w+)?
    | (?:answer|call|ring|phone|e-?mail|message|text|dm|pm|contact|update|notify|inform|tweet|ping)\ {_YOU}(?:\ back)?
    | (?:calling|ringing|phoning|e-?mailing|messaging|contacting|updating|getting\ back\ to)\ {_YOU}
    | (?:post|tweet|provide|share|send|give|have|bring|publish|issue)\ (?:{_YOU}\ )?{_SOME}{_NEWS}
    | (?:update|answer)(?=\ (?:by|within|in|again|this|at|before|tomorrow|later)\b)
    | (?:send|drop|shoot)\ {_YOU}\ {_SOME}(?:message|dm|e-?mail|text|line|note) | write\ to\ {_YOU}
    | give\ {_YOU}\ a\ (?:call|ring|shout) | share\ what\ we\ know
    | let\ {_YOU}\ know
    | keep\ {_YOU}\ (?:posted|updated|informed|in\ the\ loop)
    | follow\ (?:this\ |it\ )?up(?:\ with\ {_YOU})?
    | touch\ base | check\ in\ (?:with\ {_YOU}|again)
    | (?:look|looking)\ (?:into|at)\ (?:it|this|that|your\ \w+) | investigate | take\ a\ look
    | (?:fix|resolve|sort|solve)\ (?:it|this|that|your\ \w+|the\ (?:issue|problem))(?:\ out)?
    | (?:get|have)\ (?:it|this|that|your\ \w+|the\ (?:issue|problem))\ (?:all\ )?
        (?:fixed|sorted|resolved|looked\ at|solved|checked|answered)
    | know\ more
    | be\ (?:contacted|called\ back|called|updated|informed|notified|answered)
    | hear(?:ing)?\ (?:back\ |more\ )?(?:from\ \w+|back) | hear\ (?:more|something)
    | (?:receive|get|have|expect)\ {_SOME}(?:response|reply|answer|update|call(?:\ ?back)?)s?
    | (?:receive|get|have|expect)\ {_SOME}(?:e-?mail|message|dm|call|text)s?\ from\ (?:us|me|our|one\ of|the|my|a|an)\b
    )""",
    _X,
)
_FUTURE = re.compile(
    r"""(?:'ll|\bwill|\bshall|\bgoing\ to|\bgonna|\b(?:aim|aiming|expect|expecting|plan|planning|intend|try|trying
    |promise|guarantee|endeavou?r|commit)\ to|\blet\ (?:me|us)|\bshould|\b(?:please|can)\ expect
    |\b(?:we|i)(?:'re|'m|\ are|\ am)|\b(?:allow|give)\ (?:us|me|our\ \w+|the\ team))\b""",
    _X,
)
_ELLIPTIC = re.compile(
    rf"""^\W*(?:(?:hi|hey|hello|sorry|sure|ok(?:ay)?|yes|thanks|@\w+)\b\W*)*
    (?:(?:expect\ )?{_SOME}{_NEWS}(?:\ to\ (?:follow|come)|\ coming|\ expected|\ due|\ from\ us
        |\ (?:will|should)\ (?:be\ with\ you|follow|come|be\ sent(?:\ to\ you)?))?
      |back\ (?:to|with)\ {_YOU}|more|eta\ (?:for|on)\ .{{0,30}})\W*$""",
    _X,
)
_ALONE = re.compile(r"^\W*(?:(?:hi|hey|hello|sure|ok(?:ay)?|yes|yep|absolutely|hopefully|definitely|@\w+)\b\W*)*$", _X)
_STARTS = re.compile(r"(?:^|[,:\u2013]|\s-|\b(?:and|but|so))\W*(?:(?:hi|ok(?:ay)?|then|sometime|some\ time)\W+)*$", _X)
_PAUSE = re.compile(r"[,:&\u2013]|\s-\s|\b(?:and|but|so|then)\b", _X)
_SUBJECT = re.compile(
    r"""^\W*(?:(?:and|so|then)\ )?(?:@\w+\W+)?(?:we|i|you|he|she|they|someone|somebody|one\ of\ \w+\ \w+
    |(?:our|the|my|a|an)(?:\ \w+){1,3}|support|it)?\W*$""",
    _X,
)
_NOT_US = re.compile(
    r"""\b(?:can(?:'?t|not)|won'?t|un(?:able|likely)|not|n't|never|couldn'?t|didn'?t|don'?t|said|told|promised|asked|would
    |could|might|may|if|unless|once|when|whenever|as\ soon\ as|should\ you|can\ (?:you|we)
    |you\ can(?!\ expect)|you\ could|nobody|no\ one
    |was|were|supposed|hoped|usually|typically|normally|hopefully|unsure|whether|until|feel\ free)\b|n't\b""",
    _X,
)
_BETWEEN = re.compile(
    r"""\b(?:if|when|whenever|whether|that|because|once|unless|as\ soon|after|since|until|till|but|while|which|who|where
    |is|are|was|were|has|have|had|arriv\w*|deliver\w*|dispatch\w*|ship\w*|depart\w*|leav\w*|land\w*|expir\w*
    |open\w*|clos\w*|valid|refund\w*|start\w*|end(?:s|ed|ing)|due|scheduled|booked|missed|please|your\ call|then\ you)\b
    |\band\ (?:your|the|you|it|they|this|that)\b""",
    _X,
)
_ABOUT = re.compile(
    r"""\b(?:flights?|deliver\w*|orders?|appointments?|bookings?|windows?|slots?|parcels?|packages?|reservations?|trips?
    |trains?|visits?|stays?|events?|shows?|games?|match(?:es)?|engineers?|purchases?|payments?|outage|journey)\b[^,]*$""",
    _X,
)
_THING = re.compile(
    r"""\s?-?\s?\b(?:flights?|deliver\w*|appointments?|windows?|slots?|periods?|trains?|services?|helpline|hotline|lines?
    |support|chat|policy|wait|waiting|delays?|trial|trips?|shows?|games?|match(?:es)?|outages?|orders?|bookings?
    |timeframe|notice|guarantee|refunds?|sessions?|launch|release|checks?|old|late)\b""",
    _X,
)
_SOON = re.compile(r"\bas\ soon\ as\ (?:(?:we|i)\ can|possible)\b", _X)
_IF = re.compile(r"\b(?:if|unless|once|when|as\ soon\ as)\b", _X)
_ALLOW = re.compile(r"(?:allow|give)(?:\ (?P<us>us|me|our\ \w+|the\ team))?\b", _X)
_FOR_US = re.compile(
    r"""^\s(?:for|to|while|so)\b.{0,40}\b(?:respon\w+|repl\w+|answer\w*|updates?|hear\w*|get\ back|investigat\w*|look\w*
    |check\w*|review\w*|contact\w*|in\ touch|reach\w*)\b""",
    _X,
)
_NEAR = 120
"""Characters between the words that say we come back and the time they go with."""


def binds(sentence: str, moment: Moment) -> bool:
    """Whether we say in ``sentence`` that we come back at ``moment``."""
    before, after = sentence[: moment.start], sentence[moment.end :]
    if _THING.match(after):
        return False
    if allowed := _ALLOW.match(sentence, moment.start):
        return allowed["us"] is not None or _FOR_US.match(after) is not None
    alone = moment.firm and _ALONE.match(before) and _ALONE.match(after)
    if alone or _ELLIPTIC.match(before):
        return True
    return any(
        _after(sentence, back, moment) if back.end() <= moment.start else _before(sentence, back, moment)
        for back in _BACK.finditer(sentence, max(moment.start - 2 * _NEAR, 0), moment.end + _NEAR)
    )


def _after(sentence: str, back: re.Match[str], moment: Moment) -> bool:
    """Whether the words that we come back have the time behind them."""
    between = _SOON.sub("", sentence[back.end() : moment.start])
    if len(between) > _NEAR or _BETWEEN.search(between) or (_ABOUT.search(between) and not moment.firm):
        return False
    verb = back.start()
    future = _last(_FUTURE, sentence, max(verb - _NEAR, 0), verb)
    if future is None:
        return _ALONE.match(sentence[:verb]) is not None
    begins = max((pause.end() for pause in _PAUSE.finditer(sentence, 0, future.start())), default=0)
    return not _NOT_US.search(sentence, begins, verb) and not _IF.search(sentence, 0, future.start())


def _before(sentence: str, back: re.Match[str], moment: Moment) -> bool:
    """Whether a time that begins its clause leads to the words that we come back."""
    verb = back.start()
    if verb < moment.end or not _STARTS.search(sentence[: moment.start]) or _NOT_US.search(sentence, 0, verb):
        return False
    future = _last(_FUTURE, sentence, moment.end, verb)
    return future is not None and _SUBJECT.match(sentence[moment.end : future.start()]) is not None


def _last(pattern: re.Pattern[str], text: str, start: int, end: int) -> re.Match[str] | None:
    found = None
    for each in pattern.finditer(text, start, end):
        found = each
    return found
