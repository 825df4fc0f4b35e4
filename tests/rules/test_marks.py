"""Tables of lines that carry a mark, and of lines that look like it and do not."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from rules import judge as judges
from rules.judge import judge
from rules.model import Mark, Mention
from rules.pack import Brand, load

PACKS = Path(judges.__file__).parent / "packs"
BOOK = load({file.name: file.read_text(encoding="utf-8") for file in PACKS.glob("*.toml")}, Brand("Acme"))


def marks(text: str, *, own: bool) -> frozenset[Mark]:
    post = Mention("x", "1", "1", "sample_customer_01", text, datetime(2026, 3, 2, tzinfo=UTC))
    return judge(post, BOOK, own=own).marks


CHASERS = """\
any update on this?
Any news yet?
hello? anyone there?
Hello, is anybody going to answer me
still waiting for a reply
I'm still waiting...
Still no answer from you
still nothing
Still not fixed
It's been two weeks now
Its been 5 days and no word
Following up on my message from Monday
Just checking in on my ticket
bumping this
chasing this again
I messaged you twice already
I have emailed you three times
I DMed you yesterday
Sent you a DM two days ago
Please respond
please reply to my DM
Can you check my DM?
could you please answer my question
Why has nobody replied to me?
why haven't you answered
you are ignoring me
Stop ignoring your customers, stop ignoring me
how much longer do I have to wait
how many more days?
third time I am asking
This is my 4th email
2nd reminder
When will I get a reply?
when can I expect an answer
waiting for your call
Awaiting your response
as I said, it is the blue one
I already told you my order number
We already sent the screenshots
Day 6 without a fix
no one has got back to me
any luck with this?
Haven't heard anything back
Are you there?
me again
""".splitlines()

NO_CHASERS = """\
Thank you for the update
thanks for getting back to me
The new update broke my phone
What time do you open?
No reply needed, all fine
I am waiting at the gate
Great news!
Can I update my address?
my order is late
I was charged twice
You answered quickly, thank you
Day one of our holiday
The reply was very kind
Is there a second one in blue?
How many can I buy?
I love it already
See you again soon
Where can I read the news?
this phone is broken
Will there be an answer key?
""".splitlines()

HOLDING = """\
We're looking into this now.
We are looking into it and will update you.
I'll look into this for you.
Let me check that for you.
Let us check with the store.
We'll investigate and get back to you.
I will get back to you as soon as I can.
We'll be in touch shortly.
Our engineers are working on it.
The team is working to restore the service.
We're working on a fix.
We're aware of the issue.
We are aware of problems with logging in and are investigating.
I have passed this on to the depot.
I've forwarded your message to our billing team.
This has been escalated to our technical team.
I've raised this with the local manager.
We have reported this to the driver's manager.
We'll keep you posted.
I will keep you updated.
We'll let you know as soon as we hear back.
I'll update you later today.
More info soon.
Stay tuned for more details soon.
Bear with us, please.
Please bear with me while I read your notes.
Hang tight!
One moment please.
Give us a moment to look at this.
Please give us some time to sort this.
We need a little more time.
We are checking with our carrier.
I'm checking this with my colleagues.
We're reviewing your case.
Our team is investigating.
We have identified the issue and are working on it.
We'll come back to you tomorrow.
I will follow up and report back to you.
We're digging into this.
I've flagged this for the app team and will let you know.
I've looped in our experts. They'll reply here as soon as they can.
We're investigating and will update our status page.
Our product team is currently working on it.
I'm on it!
Thank you for your patience while we sort this out.
I have asked our depot about it.
Please give us an hour.
""".splitlines()

NO_HOLDING = """\
Your refund was sent this morning.
The outage is fixed, service is back up.
You can change your seat under My Trips.
We open at nine.
Glad it works now!
The blue one is back in stock on Friday.
Which phone do you have? Tell us so we can look into it.
We would be happy to look into that. Please open a ticket.
We have refunded the fee.
This has been resolved, thank you for waiting.
Have a look at our size guide.
You can find out more on the page about returns.
Sorry to hear that! A new one is on its way to you.
The issue has been fixed in version 5.
We've replaced the part and it is ready.
It takes three to five days.
No, we do not ship to islands.
Yes, it works with both.
Thanks for letting us know!
Happy birthday!
Could you send us a screenshot? We'll check further.
Mind sharing the model? We'll look into it.
If it's something else, let us know and we'll look into it.
You can file an appeal and we'll take a look.
Thanks for checking with us! All is well with your account.
We suggest checking this link.
That is not possible yet. We'll forward this as a suggestion to our developers.
Thank you, we'll share your thoughts with the store.
""".splitlines()

HANDOFF = """\
Please DM us your order number.
Please send us a DM.
Could you DM your booking code?
Can you send us a direct message with your details?
Drop us a DM and we will help.
Shoot us a private message.
Message us privately, please.
Send us a private message with your e-mail address.
Kindly inbox us your number.
We've sent you a question, please check your DMs.
Let's continue in DM.
Let us take this to private messages.
Please follow us so we can DM.
Please call us on 0800 000 000.
Give us a call.
Please ring our team.
You will need to call our customer service.
Please email us at care at example.org.
Can you email us a photo?
Drop us an email.
Please contact our support team.
Please contact us here: https://example.org/contact
Get in touch with us through the app.
Please reach out to our billing team.
You can reach us at the desk.
Chat with us in the app.
Our live chat can help you.
Please talk to one of our advisers in the shop.
Speak to our staff at the station.
Please fill in this form: https://example.org/form
Please fill out the claim form.
Open a ticket and we will help.
Please submit a request here.
Please raise a claim with the airport.
Visit your nearest store, please. Visit our store in town.
Please pop into our branch.
Contact your bank, please.
Please ask your carrier.
Please file a claim on our site.
Please create a support ticket.
We have just sent you a DM.
We've replied to your DM.
Please check your inbox.
Can you please share the details here so we can reach out?
Please reach out to your manufacturer for help.
We recommend contacting our sales team.
You can contact your network directly.
For game codes please reach out to Sample Live Support here.
Please click the chat button on our site.
Send us a PM so that we can work with you one-on-one. Let us know if you have any questions!
""".splitlines()

NO_HANDOFF = """\
Your parcel arrives tomorrow.
Your refund was sent this morning.
Happy to help! If you have any other questions, DM us.
Thanks for your call earlier.
We open at nine on Sundays.
The form arrived, thank you.
Turn it off and on again.
It is called the Blue Line.
The store opens at ten.
Glad it works now!
Here are some steps. If those don't work, call us here.
If trying this page doesn't do the trick, please chat or call us.
Try it with the cable first. If no luck, you can chat with us here.
If it is still happening tomorrow, send us an email.
This may help. If not, please reach out to our team.
Try it with the cable first, and DM us if that doesn't help.
Here is the timetable. Send us a DM if you have any questions.
Thanks for reaching out to us! The fare is refundable.
Thank you for contacting us. Your plan includes both.
The ticket is valid for two hours.
Your claim was paid on Monday.
The chat is closed on Sundays.
We have changed your e-mail address.
The team says thank you.
Feel free to contact us if anything else comes up.
Your request was granted.
The bank holiday timetable is in force.
Enjoy your visit!
""".splitlines()


@pytest.mark.parametrize("text", CHASERS)
def test_who_asks_again_is_a_chaser(text: str) -> None:
    assert marks(f"@AcmeHelp {text}", own=False) == {Mark.CHASER}


@pytest.mark.parametrize("text", NO_CHASERS)
def test_who_speaks_for_the_first_time_is_no_chaser(text: str) -> None:
    assert not marks(f"@AcmeHelp {text}", own=False)


@pytest.mark.parametrize("text", HOLDING)
def test_a_reply_that_only_promises_to_look_is_holding(text: str) -> None:
    assert Mark.HOLDING in marks(f"@sample_customer_01 Hi! {text}", own=True)


@pytest.mark.parametrize("text", NO_HOLDING)
def test_a_reply_that_answers_is_not_holding(text: str) -> None:
    assert Mark.HOLDING not in marks(f"@sample_customer_01 Hi! {text}", own=True)


GERMAN = [
    ("Wir schauen uns das an.", {Mark.HOLDING}),
    ("Wir prüfen das gerade und melden uns bei dir.", {Mark.HOLDING}),
    ("Wir kümmern uns darum.", {Mark.HOLDING}),
    ("Unsere Technik arbeitet mit Hochdruck daran.", {Mark.HOLDING}),
    ("Wir haben das an die Kollegen weitergegeben.", {Mark.HOLDING}),
    ("Bitte noch um etwas Geduld.", {Mark.HOLDING}),
    ("Die Störung ist uns bekannt, wir arbeiten daran.", {Mark.HOLDING}),
    ("Wir halten dich auf dem Laufenden.", {Mark.HOLDING}),
    ("Ich gebe Ihnen morgen Bescheid.", {Mark.HOLDING}),
    ("Wir melden uns schnellstmöglich bei Ihnen.", {Mark.HOLDING}),
    ("Schick uns bitte deine Kundennummer per DM.", {Mark.HANDOFF}),
    ("Bitte schreiben Sie uns eine Direktnachricht.", {Mark.HANDOFF}),
    ("Schau bitte in deine DMs, wir haben dir geschrieben.", {Mark.HANDOFF}),
    ("Wir haben dir eine PN geschickt.", {Mark.HANDOFF}),
    ("Ruf uns bitte unter der kostenlosen Hotline an.", {Mark.HANDOFF}),
    ("Bitte wende dich an unseren Kundenservice.", {Mark.HANDOFF}),
    ("Bitte nutzen Sie dafür unser Kontaktformular.", {Mark.HANDOFF}),
    ("Unser Live-Chat hilft dir gerne weiter.", {Mark.HANDOFF}),
    ("Das Geld ist seit heute auf deinem Konto.", set()),
    ("Die Störung ist behoben, danke für deine Geduld!", set()),
    ("Deine Bestellung kommt morgen an.", set()),
    ("Bei weiteren Fragen schreib uns gerne eine DM.", set()),
    ("Welches Gerät hast du? Schick uns ein Bild, damit wir das prüfen können.", set()),
    ("Danke für deine Nachricht, das freut uns sehr!", set()),
]


@pytest.mark.parametrize(("text", "found"), GERMAN)
def test_our_own_german_replies_are_marked_as_well(text: str, found: set[Mark]) -> None:
    assert marks(f"@sample_customer_01 Hallo! {text}", own=True) == found


@pytest.mark.parametrize("text", HANDOFF)
def test_a_reply_that_moves_the_talk_elsewhere_is_a_handoff(text: str) -> None:
    assert Mark.HANDOFF in marks(f"@sample_customer_01 Sorry! {text}", own=True)


@pytest.mark.parametrize("text", NO_HANDOFF)
def test_a_reply_that_answers_here_is_no_handoff(text: str) -> None:
    assert Mark.HANDOFF not in marks(f"@sample_customer_01 Hi! {text}", own=True)
