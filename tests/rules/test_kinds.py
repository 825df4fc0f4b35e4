"""Tables of lines of each kind, as people write them, with the bundled rules and weights."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from rules import judge as judges
from rules.judge import judge
from rules.model import Kind, Mention
from rules.pack import Brand, load

PACKS = Path(judges.__file__).parent / "packs"
BOOK = load({file.name: file.read_text(encoding="utf-8") for file in PACKS.glob("*.toml")}, Brand("Acme"))


def kind(text: str) -> Kind:
    post = Mention("x", "1", "1", "sample_customer_01", f"@acme {text}", datetime(2026, 3, 2, tzinfo=UTC))
    return judge(post, BOOK).kind


QUESTIONS = """\
what time do you open on Saturdays?
do you ship to Iceland?
how do I change the address on my order?
is the green one still available in large?
can I bring a folding bike on board?
where can I find my invoice?
which plan includes roaming in Norway?
are you open on Boxing Day?
how much does express delivery cost?
does this work with the older model?
is there a student discount?
can I pay with a gift card?
do you have vegetarian options?
what is the baggage allowance for infants?
what time does the cafe close?
could you tell me which size I need?
any plans for a shop in Leeds?
when does the summer sale start?
will the new version support Linux?
can I return this in a store?
do you price match?
is breakfast included?
which gate does the shuttle leave from?
how do I set up a second profile?
may I take my dog with me?
do I need to print my ticket?
where is your nearest branch to Bath?
what are your opening hours over Easter?
is it possible to upgrade at the desk?
how can I apply for a job with you?
are the lids sold separately?
does the kettle come with a British plug?
can you recommend a lamp for reading?
who do I contact about sponsorship?
what colours does the rucksack come in?
do you accept American Express?
can I collect my order tomorrow morning?
hi, is the museum tour suitable for children?
quick question: does the warranty cover abroad?
just wondering if the blue one comes back in stock
how do I cancel my subscription?
what is your phone number?
"""

THANKS = """\
thank you!
Thanks for the quick reply
thanks, that worked
cheers, all sorted now
thanks a lot for your help
Much appreciated
thank you so much, you fixed it
ty
many thanks
thanks, got it
thank you for getting back to me
thanks for sorting this out
Perfect, thank you
brilliant, thanks
ok thanks
great, thanks for your help
thank you for the information
thanks for letting me know
thx, it works now
thank you, found it
Thanks so much!
cheers for that
thank you, I got the parcel today
it works again, thanks
that did the trick, thank you
thanks for the update
thank you, have a nice day
thank you both for your help today
got my refund, thank you
thanks, you are stars
tysm
thanks guys
thank you, problem solved
thanks for fixing it so quickly
thanks for the tip
I appreciate your help
thanks again
lovely, thank you
thank you very much
thanks for checking
awesome, thank you!
"""

PRAISE = """\
I love this app
great service today
shout out to the night crew
you are the best
your team made my day
what a wonderful stay
best flight I have had in years
love the new design
the driver was so friendly and helpful
amazing staff at the airport this morning
really impressed with how easy that was
can't wait for the new store to open
five stars, highly recommended
hats off to your engineers
kudos to the lady at the desk
excellent customer service as always
the new update is fantastic
so happy with my new shoes
loving the winter menu
well done on the new website
delivery was super fast, very impressed
my new lamp looks gorgeous
what a lovely team you have
you guys rock
the best coffee in town
works like a charm
such a great experience today
beautiful hotel and lovely people
always a pleasure to fly with you
the crew was outstanding
great product, does exactly what it should
absolutely delighted with the sofa
the staff went above and beyond
my kids love your museum
top marks for your support team
fantastic value
this jacket is perfect
your bakery is wonderful
happy customer here
big fan of the new colours
superb seats and a brilliant view
"""

TABLES = ((Kind.QUESTION, QUESTIONS), (Kind.THANKS, THANKS), (Kind.PRAISE, PRAISE))


@pytest.mark.parametrize(("wanted", "text"), [(one, text) for one, block in TABLES for text in block.splitlines()])
def test_a_line_is_of_its_kind(wanted: Kind, text: str) -> None:
    assert kind(text) is wanted


@pytest.mark.parametrize("block", [QUESTIONS, THANKS, PRAISE])
def test_the_tables_are_long_enough_to_mean_something(block: str) -> None:
    assert len(set(block.splitlines())) >= 40
