"""Praise and thanks that mean the opposite, those that mean what they say, and those that still fool the judge.

38 of the 50 mocking lines were caught by the rules as they stood before anybody had read these lines; rules were
written for eight more, and four are missed.
"""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from rules import judge as judges
from rules.judge import judge
from rules.model import Kind, Mention
from rules.pack import Brand, load

PACKS = Path(judges.__file__).parent / "packs"
BOOK = load({file.name: file.read_text(encoding="utf-8") for file in PACKS.glob("*.toml")}, Brand("Acme"))


def complaint(text: str) -> bool:
    post = Mention("x", "1", "1", "sample_customer_01", f"@acme {text}", datetime(2026, 3, 2, tzinfo=UTC))
    return judge(post, BOOK).kind is Kind.COMPLAINT


CAUGHT = """\
Great, charged twice again. Thanks a lot.
Thanks for nothing
love how you never pick up the phone
Well done for losing my luggage
Wonderful, another outage. Cheers for that.
Oh great, the app logged me out again
Fantastic, my parcel is late for the third time. Well done.
Brilliant. Forty minutes on hold and then you hang up. Top service.
Nice one, you lost my suitcase again
Thanks for delivering an empty box
Thanks a bunch for cancelling without telling me
Bravo, billed two times for one meal
Thank you for ruining our holiday
Great job breaking the one feature I use
So glad I paid extra for next day delivery that took a week
Love paying for a gym that is never open
Congratulations on the worst update ever
What a treat, cold food and a rude driver
Thanks for leaving my parcel in the rain, so thoughtful
Slow clap for whoever designed this checkout
Oh joy, another two hour delay
Super, the train is cancelled again, what a surprise
Just what I needed today: no hot water and nobody answering
Cheers for sending me someone else's order
Nothing says luxury like a broken lift and no towels
Loving the new app, it crashes every time I open it
Five stars for making me wait three hours
Gold medal for the slowest support in the country
My favourite part was when you charged me for the delivery that never came
I do so enjoy listening to your hold music for an hour
Another day, another outage. Keep up the good work!
A round of applause for losing my booking twice
Excellent service as always: wrong size, wrong colour, no reply
Good to know my money is worth nothing to you
How nice of you to raise the price and cut the speed
Well that was worth the 50 pounds: soggy chips and a dirty table
Love waiting at the gate for two hours with no information
Perfect timing for the site to go down, black friday of all days
Big thanks to your driver for throwing the box over the fence
So kind of you to double my bill without a word
Amazing how you can take my money in seconds but a refund takes six weeks
Yes because who needs internet when working from home
Sure, take another 30 days to reply, no rush
Thanks to you guys I missed my connection. Great start to the holiday
I love it when my card gets declined for no reason
Nice of you to tell me after I waited in all day
"""

MISSED = """\
Thanks for the wake up call at 5am for a flight you had already cancelled
Impressive. You managed to ruin a birthday with one email
Apparently "next day" means next month. Fantastic.
Glad to see my premium membership buys me the same queue as everyone else
"""

MEANT = """\
Great job fixing the feature I use most
What a treat, warm bread and a friendly waiter
Nice of you to call me back so quickly
So kind of you to replace it for free
Five stars for the driver, on time and cheerful
Congratulations on the new shop, it looks lovely
Big thanks to your driver for carrying the box upstairs
Thanks to you guys I made my connection
So glad I paid extra for next day delivery, it came in time for the party
Love the new app, it opens in a second
Excellent service as always: right size, right colour, quick reply
A round of applause for your night crew
Another day, another great coffee. Keep up the good work!
Thanks for the wake up call, I made my flight
Amazing how you turned this around in one day
Perfect timing, the parcel came as we sat down for tea
I love it when my card just works
Well that was worth the 50 pounds: best dinner in years
Cheers for sending me the missing screws, all sorted
Good to know my order is on its way, thanks
"""


@pytest.mark.parametrize("text", CAUGHT.splitlines())
def test_mock_praise_and_mock_thanks_are_complaints(text: str) -> None:
    assert complaint(text)


@pytest.mark.parametrize("text", MISSED.splitlines())
@pytest.mark.xfail(strict=True, reason="no word of it says that anything failed; one that is caught moves up")
def test_mockery_that_is_still_missed(text: str) -> None:
    assert complaint(text)


@pytest.mark.parametrize("text", MEANT.splitlines())
def test_praise_and_thanks_in_the_same_words_are_none(text: str) -> None:
    assert not complaint(text)


def test_the_table_is_long_enough_to_mean_something() -> None:
    assert len(set(CAUGHT.splitlines())) >= 40
