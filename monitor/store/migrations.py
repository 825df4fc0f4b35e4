"""The tables, as they came to be. A landed migration is never edited; a change is a new one at the end."""

from sqlite_utils import Database, Migrations

migrations = Migrations("harken")


@migrations(name="0001_the_line")
def _the_line(db: Database) -> None:
    for statement in _THE_LINE:
        db.execute(statement)


_THE_LINE = (
    # Facts about sources. Instants everywhere are ISO 8601 in UTC with microseconds, so that text order is time order.
    """
    create table source (
        name text primary key,
        cursor text,
        met_at text,         -- when the first full read ended
        theirs_until text,   -- everything people posted up to here has been read
        ours_until text,     -- everything our own accounts posted up to here has been read
        succeeded_at text,
        failing_since text,
        failure text,
        told integer not null default 0  -- the operators know that it is failing
    ) strict
    """,
    """
    create table gap (
        id integer primary key,
        source text not null,
        side text not null,
        since text not null,
        until text not null,
        why text not null
    ) strict
    """,
    # Facts about posts: what the network said, when it was heard, and what the judge made of it.
    """
    create table mention (
        source text not null,
        id text not null,
        thread text not null,
        author text not null,
        text text not null,
        posted_at text not null,
        reply_to text,
        author_id text,
        author_name text,
        followers integer,
        lang text,
        url text,
        via text not null,       -- the configured source it was heard through
        first_seen text not null,
        own integer not null,
        verdict text not null,   -- on the text as it stands
        -- what the silence clock made of its first text: see rules.model.Post
        counts_from text not null,
        kind text not null,
        severity integer not null,
        marks text not null,
        bare integer not null,
        history integer not null,
        gone_at text,
        primary key (source, id)
    ) strict
    """,
    "create index mention_thread on mention (source, thread)",
    """
    create table revision (
        source text not null,
        id text not null,
        seen_at text not null,   -- when the text that replaced it was seen
        hash text not null,
        verdict text not null,
        -- the word that the text which replaced it added, where it said something new: see rules.silence.edited
        counts_from text,
        kind text,
        severity integer,
        marks text,
        bare integer
    ) strict
    """,
    "create index revision_word on revision (source, id) where counts_from is not null",
    # What people did. Terminals append here; the daemon alone draws conclusions.
    """
    create table act (
        id integer primary key,
        act text not null,
        source text not null,
        thread text not null,
        author text not null,
        person text not null,
        at text not null,
        note text not null,
        via text not null
    ) strict
    """,
    "create index act_thread on act (source, thread)",
    # What people made of single posts: "not a complaint", or "missed" where it is one that was not found.
    """
    create table opinion (
        id integer primary key,
        opinion text not null,
        source text not null,
        mention text not null,
        person text not null,
        at text not null,
        note text not null,
        via text not null
    ) strict
    """,
    "create index opinion_missed on opinion (source, mention) where opinion = 'missed'",
    # A case's facts are its key, when it opened and under which policy. The rest is derived, and kept for speed only.
    "create table policy (hash text primary key, json text not null) strict",
    """
    create table "case" (
        id text primary key,
        source text not null,
        thread text not null,
        author text not null,
        via text not null,
        opened_at text not null,
        opened_by text not null,
        policy text not null references policy (hash),
        status text not null,
        severity integer not null,
        since text not null,     -- start of the last silence
        deadline text,
        next_due text,
        revision integer not null,
        derived text not null    -- hash of what was derived, to tell a change
    ) strict
    """,
    'create index case_thread on "case" (source, thread)',
    'create index case_next_due on "case" (next_due) where next_due is not null',
    'create index case_status on "case" (status, since)',
    # Pages owed, and how each was settled. A notice to the operators is a page without a case.
    """
    create table page (
        delivery text primary key,
        "case" text,
        silence text not null,
        round integer not null,
        step integer not null,
        recipient text not null,
        due text not null,
        why text not null,
        mention text,            -- the post waited on
        severity integer not null,
        blind_since text,
        attempts integer not null default 0,
        doubts integer not null default 0,  -- attempts of which nobody knows whether they arrived
        not_before text,
        outcome text,            -- null until it is settled
        channel text,
        ts text,
        settled_at text
    ) strict
    """,
    "create index page_unsettled on page (due) where outcome is null",
    'create index page_case on page ("case")',
    # A case's message in each channel, and how much of the case it shows.
    """
    create table message (
        "case" text not null,
        recipient text not null,
        channel text not null,
        ts text not null,
        stale integer not null,  -- it does not show the present state of its case
        told text not null,      -- what its thread was told last
        not_before text,
        primary key ("case", recipient)
    ) strict
    """,
    "create index message_stale on message (stale) where stale = 1",
    "create table channel (recipient text primary key, id text not null) strict",
    "create table meta (key text primary key, value text not null) strict",
)


@migrations(name="0002_networks")
def _networks(db: Database) -> None:
    for statement in _NETWORKS:
        db.execute(statement)


@migrations(name="0003_leases")
def _leases(db: Database) -> None:
    for statement in _LEASES:
        db.execute(statement)


_LEASES = (
    "alter table act add column holder text",  # who takes it: for "assign"
    "alter table act add column until text",  # when it ends: for "snooze", or an "ack" of a length of its own
)


@migrations(name="0004_oncall")
def _oncall(db: Database) -> None:
    db.execute(_ONCALL)


_ONCALL = """
    create table override (
        id integer primary key,
        rota text not null,
        person text not null,
        since text not null,
        until text not null,
        made_by text not null,
        made_at text not null,
        note text not null,
        removed_at text
    ) strict
    """


_NETWORKS = (
    # The network notified us of it: it was said to us, whatever its words are.
    "alter table mention add column addressed integer not null default 0",
    # It quotes a post that is gone: its text in Slack is to be taken back.
    "alter table page add column redact integer not null default 0",
    "create index page_redact on page (recipient) where redact = 1",
    # What reading a source has cost in each calendar month, such as "2026-11".
    """
    create table spending (
        source text not null,
        month text not null,
        requests integer not null,
        reads integer not null,
        price real not null,
        told integer not null default 0,  -- the level, in per cent of the budget, that the operators know of
        primary key (source, month)
    ) strict
    """,
)


@migrations(name="0005_storms")
def _storms(db: Database) -> None:
    for statement in _STORMS:
        db.execute(statement)


_STORMS = (
    # Which posts ask about what, and from when on: follows from the verdicts, kept for speed.
    """
    create table topic_post (
        topic text not null,
        at text not null,
        source text not null,
        thread text not null,
        author text not null,
        mention text not null,
        primary key (topic, at, source, mention)
    ) strict
    """,
    "create index topic_post_mention on topic_post (source, mention)",
    "create index topic_post_at on topic_post (at)",
    """
    insert or ignore into topic_post select t.value, m.counts_from, m.source, m.thread, m.author, m.id
    from mention m, json_each(m.verdict, '$.topics') t
    where m.own = 0 and m.history = 0 and m.kind in ('complaint', 'question')
    """,
    # That an incident was noticed is a fact; since when it is calm and over follows from posts and cases.
    """
    create table incident (
        id text primary key,
        topic text not null,
        began text not null,
        noticed text not null,
        needed integer not null,
        calm text,
        over text,
        next_due text,
        revision integer not null
    ) strict
    """,
    "create index incident_next_due on incident (next_due) where next_due is not null",
    """
    create table member (
        "case" text not null,
        silence text not null,
        incident text not null references incident (id),
        joined text not null,
        waits integer not null,  -- nobody has answered it yet; follows from the case
        primary key ("case", silence)
    ) strict
    """,
    "create index member_incident on member (incident, waits)",
)


@migrations(name="0006_choice")
def _choice(db: Database) -> None:
    # Why a case is under the policy it is pinned to, as it was said when it was put there.
    db.execute("alter table \"case\" add column chosen text not null default ''")


@migrations(name="0007_turns")
def _turns(db: Database) -> None:
    for statement in _TURNS:
        db.execute(statement)


_TURNS = (
    # Who was on call when it was last looked at: whoever comes after them takes over.
    "create table turn (rota text primary key, person text not null, since text not null) strict",
    # Those whom an override concerns have been told of it, and of its being taken back.
    "alter table override add column told integer not null default 0",
    "alter table override add column told_removed integer not null default 0",
    "update override set told = 1, told_removed = removed_at is not null",
)


@migrations(name="0008_past")
def _past(db: Database) -> None:
    # What else there is of a customer is asked whenever one of their cases is shown.
    db.execute('create index case_author on "case" (source, author, since)')


@migrations(name="0009_links")
def _links(db: Database) -> None:
    # Linked cases are asked for in both directions, whenever one of them changes.
    db.execute("create index act_holder on act (holder) where holder is not null")


@migrations(name="0010_digests")
def _digests(db: Database) -> None:
    for statement in _DIGESTS:
        db.execute(statement)


_DIGESTS = (
    # Which digests go out when and to whom, and of which cases they tell. What became of them stands in page.
    """
    create table digest (
        name text not null,
        at text not null,
        recipient text not null,
        owed integer not null,  -- there is a page for it
        primary key (name, at)
    ) strict
    """,
    "create index digest_not_owed on digest (name, at) where owed = 0",
    """
    create table gathered (
        name text not null,
        at text not null,
        "case" text not null,
        primary key (name, at, "case")
    ) strict
    """,
    'create index gathered_case on gathered ("case")',
)


@migrations(name="0011_calls")
def _calls(db: Database) -> None:
    # Slack's id of the user group that a page calls.
    db.execute("alter table page add column calls text")


@migrations(name="0012_drills")
def _drills(db: Database) -> None:
    for statement in _DRILLS:
        db.execute(statement)


_DRILLS = (
    # Who asked for a drill, whom it pages, and what came of it. Terminals append here, the daemon does it.
    """
    create table drill (
        id integer primary key,
        recipient text not null,
        wait real not null,      -- seconds in which somebody is to take it
        asked_by text not null,
        asked_at text not null,
        policy text,
        "case" text,
        begun_at text,
        over_at text,
        taken_by text,
        taken_at text,
        why text not null default ''
    ) strict
    """,
    "create index drill_running on drill (id) where over_at is null",
)


@migrations(name="0013_own_posts")
def _own_posts(db: Database) -> None:
    for statement in _OWN_POSTS:
        db.execute(statement)


_OWN_POSTS = (
    # Each link of each post of ours that was heard while links were looked after, and what came of following it.
    """
    create table link (
        source text not null,
        mention text not null,
        url text not null,
        not_before text,         -- when to follow it; null once it was
        tries integer not null default 0,
        checked_at text,
        status integer,          -- of the last answer, if there was one
        final text,              -- where it led
        why text,                -- why there was no answer
        primary key (source, mention, url)
    ) strict
    """,
    "create index link_due on link (not_before) where not_before is not null",
    "create index link_url on link (url, checked_at)",
    # Where an account's links usually lead is asked for each link it publishes.
    "create index mention_own on mention (source, author) where own = 1",
)


@migrations(name="0014_debriefs")
def _debriefs(db: Database) -> None:
    db.execute(_DEBRIEFS)


_DEBRIEFS = """
    create table debrief_action (
        id integer primary key,
        about text not null,     -- the case or the incident
        what text not null,
        who text not null,
        due text,                -- a day
        noted_by text not null,
        noted_at text not null,
        done_at text,
        done_by text not null default '',
        note text not null default ''
    ) strict
    """


@migrations(name="0015_incidents")
def _incidents(db: Database) -> None:
    for statement in _INCIDENTS:
        db.execute(statement)


_INCIDENTS = (
    # What people did about an incident as a whole.
    """
    create table incident_act (
        id integer primary key,
        incident text not null,
        act text not null,
        person text not null,
        at text not null,
        until text,
        note text not null,
        via text not null
    ) strict
    """,
    "create index incident_act_incident on incident_act (incident)",
    # Posts of ours that spoke of an incident in public.
    """
    create table statement (
        incident text not null,
        source text not null,
        mention text not null,
        at text not null,
        primary key (incident, source, mention)
    ) strict
    """,
    # Our own status page told of it, and where.
    "alter table incident add column announced text",
    "alter table incident add column post_source text",
    "alter table incident add column post_id text",
    # How a member's silence ended, and when; follows from the case.
    "alter table member add column ended text not null default ''",
    "alter table member add column ended_at text",
    "update member set ended = 'answered' where waits = 0",
)


@migrations(name="0016_weekly")
def _weekly(db: Database) -> None:
    # The files of which weekly reports, by their page, were sent or may have been.
    db.execute("create table weekly_files (delivery text primary key, tried_at text not null) strict")


@migrations(name="0017_quiet")
def _quiet(db: Database) -> None:
    for statement in _QUIET:
        db.execute(statement)


_QUIET = (
    # Muted authors, and maintenance windows: these have a name and no author.
    """
    create table quiet (
        id integer primary key,
        name text not null,
        source text not null,
        author text not null,
        sources text not null,
        topics text not null,
        since text not null,
        until text not null,
        person text not null,
        at text not null,
        note text not null,
        via text not null,
        ended_at text,
        ended_by text,
        told integer not null default 0,      -- conclusions were drawn from its beginning
        told_end integer not null default 0   -- ... and from its end
    ) strict
    """,
    "create index quiet_author on quiet (author, source)",
    "create index quiet_untold on quiet (until) where told_end = 0",
)


@migrations(name="0018_recovery")
def _recovery(db: Database) -> None:
    for statement in _RECOVERY:
        db.execute(statement)


_RECOVERY = (
    # What our own post promised, as it was read when it was heard.
    "alter table mention add column promise_until text",
    "alter table mention add column promise_phrase text",
    # What is owed to a customer who was answered, and by when; follows from the posts and acts.
    "alter table \"case\" add column owed text not null default ''",
    'alter table "case" add column owed_due text',
    "create index case_owed on \"case\" (owed_due) where owed <> ''",
)


@migrations(name="0019_erasures")
def _erasures(db: Database) -> None:
    for statement in _ERASURES:
        db.execute(statement)


_ERASURES = (
    # Who is to be forgotten. Terminals append here, the daemon does it and forgets who it was.
    """
    create table erasure (
        id integer primary key,
        author text not null,
        source text,
        asked_by text not null,
        asked_at text not null,
        done_at text
    ) strict
    """,
    # What Slack still shows of what was forgotten.
    """
    create table retraction (
        recipient text not null,
        channel text not null,
        ts text not null,
        not_before text,
        primary key (channel, ts)
    ) strict
    """,
    # Hashes of forgotten posts, and of authors, so that nothing of theirs from before is taken in again.
    "create table tombstone (hash text primary key, at text not null) strict",
)
