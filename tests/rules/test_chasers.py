"""Tables of lines by customers who have to ask again, and of lines that only look like it."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from rules import judge as judges
from rules.judge import judge
from rules.model import Mark, Mention
from rules.pack import Brand, load

PACKS = Path(judges.__file__).parent / "packs"
BOOK = load({file.name: file.read_text(encoding="utf-8") for file in PACKS.glob("*.toml")}, Brand("Acme"))


def marks(text: str) -> frozenset[Mark]:
    post = Mention("x", "1", "1", "sample_customer_01", text, datetime(2026, 3, 2, tzinfo=UTC))
    return judge(post, BOOK).marks


CHASERS = """\
any news?
Any update guys?
Anything yet?
Hello??
hello?? is this thing on
helloooo
Hi, still waiting...
still waiting on that refund
Still waiting for someone to get back to me
still no reply :(
Still nothing from you
No reply yet?
no response in 3 days
Nobody has contacted me yet
Nobody got back to me
You never got back to me
you said you'd get back to me by 3pm
You said you would call me today and nobody did
It's past 3pm now
so much for getting back to me
Is anyone going to reply?
Is anybody looking into this?
Are you going to answer me or not
Are you ignoring me?
Did you get my message?
Have you seen my DM?
did you see my last tweet
Can someone please respond
Can I get a response please
could I please get an update
Can you update me please
Would appreciate a reply
I'd appreciate an answer
Waiting for a response
been waiting 2 hours for a reply
I have been waiting since Monday
I've been waiting for over a week
what's happening with this?
What's going on with my case?
whats the status of my ticket
Where are we with this?
How long does it take to answer a simple question
When are you going to reply?
When will someone contact me?
bump
ping
^^^ this, again
Following up on this
Just following up
Chasing this up
Second time of asking
asking again
I'll ask again: where is my order
Once again, where is my order?
As I already said, it does not start
Sent you a DM an hour ago
I've DM'd you, no answer
DM sent 2 days ago, nothing
I replied to your DM yesterday and heard nothing since
tumbleweed...
crickets
*taps mic*
Hello, I'm still here
Is there an update on my claim?
Any progress with my ticket?
Any ETA on this?
any joy?
Reminder: I am still without internet
Another day, still no internet
two weeks later and still no answer
Third message, no response
radio silence from you
Why is no one replying
How many times do I have to ask
do I need to ask again?
Is this account dead?
still not resolved
Still broken
Get back to me please
Answer my question please
gibt es schon was Neues?
Gibt's was Neues?
Immer noch keine Antwort
Ich warte immer noch auf eine Antwort
Hallo? Jemand da?
Warum antwortet ihr nicht?
Wann meldet ihr euch endlich?
Ich habe euch schon zweimal geschrieben
Keine Rückmeldung bisher
Noch keine Antwort erhalten
Habt ihr meine Nachricht gesehen?
Wie ist der Stand?
Anyone? Hello?
Guys, any update on my refund?
It's been 4 days since I wrote to you, still no answer.
I wrote to you on Monday and never got a reply
Please get back to me asap
Can somebody from your team please respond to me?
I'm still waiting for the call you promised
You promised a call back yesterday, nothing happened
Haven't heard from you yet
No word from you guys since Friday
Is there any progress on this?
Could you give me an update?
Do you have an update for me?
So are you going to help or not?
Tried DMing you, no response
Checking in again on order 4411
This is the third time I've contacted you
Still no refund. Any news?
hello hello hello
Any response would be nice
Still waiting on a reply to my DM from last week
Can you at least respond?
Why am I being ignored?
please answer
Did anyone look into this yet?
I asked you a question two days ago
5 days and counting, no reply
What is taking so long?
When can I expect to hear from you?
Do you even read these?
""".splitlines()

OTHERS = """\
Thanks for the update
thank you for getting back to me
Thanks for your quick reply
Great news!
The news today was sad
No update needed
The latest update broke the app
how do I update the app
Is there an update for Android 15?
When is the next update coming out?
My order is late
where is my order?
My parcel hasn't arrived
I was charged twice
what time do you open?
Do you ship to Norway?
Can I get a refund?
How do I get a refund
Can I return this without a receipt?
hello, how do I reset my password
Hello! I have a question about my bill
Hi there, is the store open on Sunday?
I can't log in
The app keeps crashing
My internet is down
Is the service down?
Love the new design
I love waiting for your new season
can't wait for the concert
Waiting at the gate
Waiting in line at your store
I am waiting for the bus
The wait was short
My sister answered the door
Nobody was hurt
nobody beats your prices
Nobody does it better
I will get back to you tomorrow
I'll DM you now
DM sent
Sent you a DM
I have sent you a DM with my number
Done, thanks
ok thanks
Sure, here is my number
It works now
All sorted, thank you
Yes, it is the blue one
No, it's an iPhone
I tried that, it works
The answer was very helpful
Your reply was perfect
Still the best airline
I still love this phone
still in love with it
I have been a customer for two weeks
It's been three days of sunshine
day 3 of our holiday with you
Where are you based?
Is anyone from your team at the fair?
Happy birthday!
This is my second phone from you
Twice as fast as my old one
I called my mum from your plane
Following you for years
Just followed you
ping pong tables for sale?
Is the reminder feature gone?
How many can I buy?
How long does shipping take?
When will the shop open?
what's the status light for?
Why is the sky blue
again, thank you so much
See you again soon
You replied so quickly, wow
Please reply with the price
I got an answer, thanks
Danke für die schnelle Antwort
Die Antwort war super
Guten Morgen, wann öffnet ihr?
Ich warte am Gate
Hallo, ich habe eine Frage
Das Update ist schön
My flight is delayed by 3 hours
I need help with my account
Your driver was so kind, thank you
Waiting to board, see you soon
The parcel came two days late and was damaged
Is your site down?
The website says no service in my area
How do I contact you?
Why was I charged again?
Someone stole my parcel
the news about your merger is bad
I want my money back
Do you deliver on Sundays?
Can someone help me set up my router?
It has been a pleasure
The app asks for my password again
Why does it log me out again and again
I got a message from you, is it real?
Is this email from you or a scam?
When will my parcel arrive?
I can't find the reply button
My phone doesn't respond to touch
No one was injured
Call me a fan
what's the best plan for two people?
Thanks, that answered my question
I updated the app and it works
Worst service ever
You guys rock
Two weeks until my trip with you!
""".splitlines()


@pytest.mark.parametrize("text", CHASERS)
def test_who_asks_again_chases(text: str) -> None:
    assert marks(f"@AcmeHelp {text}") == {Mark.CHASER}


@pytest.mark.parametrize("text", OTHERS)
def test_who_speaks_of_something_else_does_not(text: str) -> None:
    assert marks(f"@AcmeHelp {text}") == frozenset()
