"""German for ``rules.promises``: how it names times, and how we say in it that we come back. Knows no instant."""

import re
from datetime import timedelta

from rules.moments import Moment, Tongue

_X = re.VERBOSE | re.IGNORECASE

_COUNTED = {
    "ein": 1,
    "eine": 1,
    "einem": 1,
    "einen": 1,
    "einer": 1,
    "eines": 1,
    "zwei": 2,
    "drei": 3,
    "vier": 4,
    "fünf": 5,
    "sechs": 6,
    "sieben": 7,
    "acht": 8,
    "neun": 9,
    "zehn": 10,
    "zwölf": 12,
    "fünfzehn": 15,
    "zwanzig": 20,
    "dreißig": 30,
    "vierundzwanzig": 24,
    "achtundvierzig": 48,
}
_NUMBER = rf"(?:\d{{1,3}}|{'|'.join(sorted(_COUNTED, key=len, reverse=True))})"
_PART = r"(?:früh|morgens?|vormittags?|mittags?|nachmittags?|abends?|nachts?)"
_WEEKDAY = r"(?:montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonnabend|sonntag)"
_MONTH = (
    r"(?:jan(?:uar)?|feb(?:ruar)?|märz|apr(?:il)?|mai|juni?|juli?|aug(?:ust)?|sep(?:t(?:ember)?)?|okt(?:ober)?"
    r"|nov(?:ember)?|dez(?:ember)?)"
)
_DAY = r"(?:3[01]|[0-2]?[0-9])"

_PIECES = re.compile(
    rf"""
    \b(?P<over>gestern|vorgestern|täglich|jede[nrs]?|pro|letzte[nrs]?|vorige[nrs]?)\b
  | \b(?P<length>(?:der\ |einer\ )?halben\ stunde
      |(?:{_NUMBER}\s?(?:-|\u2013|bis|oder)\s?)?(?P<number>{_NUMBER})[\s-]?(?P<working>werk|arbeits|geschäfts)?
      (?P<unit>minuten?|min|stunden?|std|h|tage?[ns]?|wochen?)(?P<two>\ (?:oder|bis)\ zwei)?)\b
  | \b(?P<date>{_DAY}\.\ ?{_MONTH}|{_DAY}\.(?:1[0-2]|0?[1-9])(?:\.(?:20\d\d)?)?(?![\d:])(?!\.\d)(?!\ ?uhr)
      |20\d\d-[01]\d-[0-3]\d
      |(?<=\bam\ ){_DAY}\.(?=\s|$)|(?<=\bzum\ ){_DAY}\.(?=\s|$))
  | \b(?P<hour>[01]?[0-9]|2[0-3])(?:\s?(?:-|\u2013|bis|und)\s?(?P<till>2[0-3]|1[0-9]|[1-9]))?
      (?:[:.](?P<minute>[0-5][0-9]))?(?:\s?(?:uhr|h)\b|(?<=:[0-5][0-9])\b)
      (?P<half>)(?P<plain>(?!))?(?:\s?\(?(?P<zone>MEZ|MESZ|CET|CEST|UTC|GMT)\b\)?)?
  | \b(?P<closing>(?:dem\ |zum\ )?ende\ des\ (?:heutigen\ )?(?:arbeits|werk)?tag(?:e?s)?|tagesende|feierabend
      |(?:geschäfts|dienst|büro|laden)schluss|eod)\b
  | \b(?P<weekend>(?:zum\ |dem\ |das\ |diese[sm]\ )?wochenende)\b
  | \b(?P<week>(?:(?:(?P<early>anfang)|(?P<mid>mitte)|ende|im\ laufe|lauf)\ )?
      (?:(?:der|die|diese[rn]?)\ (?=woche)|(?:der\ |die\ )?(?P<next>(?:nächste|kommende)[rn]?)\ )woche)\b
  | \b(?P<month>(?:ende\ (?:des|dieses)\ monats|monatsende))\b
  | \b(?P<workday>(?:de[mnr]\ )?nächste[nrm]?\ (?:werk|arbeits)tag(?:e?s)?)\b
  | \b(?P<after>übermorgen)\b
  | (?<!guten\ )\b(?P<tomorrow>morgen)\b(?:\ (?P<early_on>{_PART})\b)?
  | \b(?P<today>heute|(?:im\ )?laufe?\ des\ (?:heutigen\ )?tages)\b
  | \b(?P<tonight>heute\ nacht)\b
  | \b(?P<weekday>(?:(?P<coming>nächste[nrm]?)\ |(?P<this>diese[nrm]?)\ )?(?:kommende[nrm]?\ )?
      (?P<name>{_WEEKDAY})(?:\ ?(?P<also>{_PART}))?)\b
  | \b(?P<daypart>(?P<ours>diesen\ )?(?P<part>{_PART}|mitternacht|24\ uhr))\b
    """,
    _X,
)
TIMES = Tongue(
    pieces=_PIECES,
    glue=re.compile(
        r"(?:[\s,~(]|\b(?:am|um|gegen|bis|noch|im|in|der|den|dem|spätestens|ca|etwa|zum|zur|vor|ungefähr)\b\.?)*",
        re.IGNORECASE,
    ),
    lead=re.compile(
        r"""(?:(?P<firm>\b(?:bis|spätestens|innerhalb|binnen|in|im|noch|vor))
         | \b(?:am|um|gegen|an|zu[mr]?)
         | (?P<bad>\b(?:seit|ab|nach|von|war|wurde|mein|dein|ihr|euer|unser|eine?)(?:e[nmrs]?)?
            |[-\u2013/$\u20ac\u00a3\#])
        )(?:\ (?:spätestens|zu[mr]?|von|de[rnm]|die|das|am|um|gegen|ca\.?|etwa|ungefähr|nächsten?|kommenden|heute|noch
          |maximal|weniger|als))*\ ?$""",
        _X,
    ),
    trail=re.compile(
        r"(?P<latest>\ (?:noch|spätestens)\b)|(?P<over>\ ?(?:her\b|zuvor\b|[%/$\u20ac\u00a3:-]\w))", re.IGNORECASE
    ),
    lasting=frozenset({"innerhalb", "binnen", "in", "im", "spätestens"}),
    before=frozenset({"bis", "vor", "spätestens"}),
    numbers=_COUNTED,
    units={
        "m": timedelta(minutes=1),
        "s": timedelta(hours=1),
        "h": timedelta(hours=1),
        "t": timedelta(days=1),
        "w": timedelta(weeks=1),
    },
    weekdays=("mo", "di", "mi", "do", "fr", "sa", "sonnt"),
    months=("jan", "feb", "mär", "apr", "mai", "jun", "jul", "aug", "sep", "okt", "nov", "dez"),
    parts={
        "fr": "morning",
        "morgen": "morning",
        "vormittag": "morning",
        "mittag": "lunch",
        "nachmittag": "afternoon",
        "abend": "evening",
        "nacht": "night",
        "mitternacht": "night",
        "24": "night",
    },
    dial=24,
)

_WHO = r"(?:dir|dich|euch|ihnen|sie|du|ihr)"
_BACK = re.compile(
    rf"""
    \b(?:
      melde[nt]?\b.{{0,50}}\b(?:uns|mich|sich)
    | (?:wir|ich|team|kolleg\w+)\b.{{0,60}}\b(?:uns|mich|sich)\b.{{0,60}}\bmelden
    | uns\b.{{0,60}}\bmelden
    | (?:geben?|sagen?)\ (?:{_WHO}\ )?.{{0,50}}\bbescheid | bescheid\ (?:geben|sagen|gegeben)
    | (?:hörst|hört|hören)\b.{{0,50}}\bvon\ (?:uns|mir)
    | (?:bekomm\w*|erhalt\w*|erhältst|haben|geben?|senden?|schicken?|liefern)\b.{{0,60}}
        \b(?:antwort|rückmeldung|update|info\w*|neuigkeiten|nachricht\ von\ uns|auskunft|lösung)\b
    | (?:antwort|rückmeldung|update|neuigkeiten|lösung)\b.{{0,40}}\b(?:haben|geben|senden|schicken|nachreichen)
    | (?:nächste[sr]?|weitere|neue)\ (?:update|info\w*|rückmeldung|meldung)s?
    | (?:antwort|informier|kontaktier|benachrichtig)(?:e|en|et|t)\ (?:wir\ |ich\ )?{_WHO}
    | {_WHO}\b.{{0,50}}\b(?:antworten|informieren|kontaktieren|benachrichtigen|anrufen|zurückrufen)
    | ruf(?:e|en|t)\b.{{0,60}}\b(?:an|zurück)\b
    | (?:komme[nt]?|gehe[nt]?)\b.{{0,30}}\bauf\ {_WHO}\b.{{0,50}}\bzu | auf\ {_WHO}\b.{{0,50}}\bzukommen
    | (?:kümmer[nt]?e?|schaue?[nt]?|prüfe?[nt]?|klären?|kläre)\b.{{0,30}}\b(?:uns|mich|das|es|darum|nach)\b
    | wissen\ (?:wir|ich)\ mehr
    )\b""",
    _X,
)
_US = re.compile(
    r"\b(?:wir|ich|uns|team|kolleg\w+|jemand|mitarbeiter\w*|abteilung|support|\w*service|\w*berater\w*|techniker\w*"
    r"|(?:du|ihr|sie)\b.{0,40}\bvon|(?:bekomm|erh[aä]lt)\w*)\b",
    _X,
)
_NOT_US = re.compile(
    r"""\b(?:nicht|nie|kein\w*|ob|dass|weil|nachdem|bevor|gestern|bitte|kannst
    |könn\w+\ (?:sie|ihr|du)|könnte\w*|würde\w*
    |vielleicht|eventuell|normalerweise|meistens|üblicherweise|in\ der\ regel|hat|hatten?|wurden?|war|waren
    |haben\b.{0,60}\b(?:gemeldet|informiert|geantwortet|gegeben|geschickt|gesendet|versprochen|gesagt)
    |geöffnet|geschlossen|erreichbar|öffnungszeiten|gültig|geliefert|lieferung\w*|zugestellt|zustellung|versand|verschickt
    |ankommen|paket|termin|storniert|bei\ uns
    |(?:sag|gib|schreib\w*)\ uns|melde\ dich|meldet\ euch|melden\ sie\ sich)\b""",
    _X,
)
_IF = re.compile(r"\b(?:wenn|falls|sobald|sofern)\b", re.IGNORECASE)
_ELLIPTIC = re.compile(
    r"""^\W*(?:(?:hallo|hi|sorry|ok|ja|danke|@\w+)\b\W*)*
    (?:(?:das\ )?(?:nächste[sr]?|weitere[sr]?|mehr|neue[sr]?|\ )*
       (?:update|info\w*|neuigkeiten|rückmeldung|meldung|antwort)
       (?:\ (?:folgt|folgen|kommt|kommen|gibt\ es))?|mehr(?:\ dazu)?)\W*$""",
    _X,
)
_ALONE = re.compile(r"^\W*(?:(?:hallo|hi|ok|ja|klar|gerne?|@\w+)\b\W*)*$", _X)
_CLAUSE = re.compile(r",\s|\s-\s|\b(?:aber|jedoch|und\ (?=wir|ich))\b", _X)


def binds(sentence: str, moment: Moment) -> bool:
    """Whether we say in ``sentence`` that we come back at ``moment``."""
    before, after = sentence[: moment.start], sentence[moment.end :]
    if moment.firm and _ALONE.match(before) and _ALONE.match(after):
        return True
    if _IF.search(sentence):
        return False
    begins = max((pause.end() for pause in _CLAUSE.finditer(sentence, 0, moment.start)), default=0)
    ends = next((pause.start() for pause in _CLAUSE.finditer(sentence, moment.end)), len(sentence))
    if _ELLIPTIC.match(before[begins:]) and _ALONE.match(sentence[moment.end : ends]):
        return True
    clause = sentence[begins:ends]
    return bool(_BACK.search(clause) and _US.search(clause)) and not _NOT_US.search(clause)
