"""What may stand in a file of coach rules: its keys, their shapes and limits. Compiles nothing and matches nothing."""

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from rules.grammar import Examples, KindWord, Language, Phrases, Sentence, spare

Sense = Literal["card", "email", "iban", "length", "link", "phone", "when"]
Limit = Annotated[int, Field(strict=True, ge=1, le=1_000_000)]


class AdviceText(BaseModel):
    """One ``[[advice]]`` as it is written. It is given when everything it asks for is in the draft."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9.-]{0,63}$", description="small letters, digits, dots and hyphens")
    any: Phrases = Field((), description="phrases of which one must be there; they are highlighted")
    all: Phrases = Field((), description="phrases that must all be there")
    near: Phrases = Field((), description="two or three phrases that must stand close together, in any order")
    within: int = Field(5, strict=True, ge=0, le=20, description="how many words may stand between two phrases of near")
    pattern: str | None = Field(None, min_length=1, max_length=2000, description="an RE2 pattern that must match")
    finds: Sense | None = Field(
        None, description="what Harken finds by itself: card, email, iban, length, link, phone, when"
    )
    none: Phrases = Field((), description="phrases of which none may be there")
    lacks: tuple[Sense, ...] = Field((), description="what must not be there, such as when: a time is named")
    at_least: int = Field(
        0, strict=True, ge=0, le=50, description="give it when fewer are there: 1 for what must not be missing"
    )
    at_most: int = Field(0, strict=True, ge=0, le=50, description="give it only when more are there")
    to: tuple[KindWord, ...] = Field(
        (), description="only for answers to such posts, such as complaint; all if left out"
    )
    networks: Phrases = Field((), description='only for drafts for these networks, such as "x"')
    limits: dict[str, Limit] = Field({}, description="for length: how long a post may be on each network")
    public: Phrases = Field(
        (), description='what may be said all the same, such as our own "help@acme.example" or "@acme.example"'
    )
    severity: Literal["must", "should"] = Field(
        "should", description="must: do not post it like this; should: it could be better"
    )
    say: Sentence = Field(description="the suggestion: one short, kind, concrete sentence")
    owner: Sentence | None = Field(None, description="who to ask about it")
    examples: Examples = Field(Examples(), description="drafts that it must find fault with (flag) and let pass (pass)")

    @model_validator(mode="after")
    def _counts_one_way(self) -> Self:
        if self.at_least and self.at_most:
            raise ValueError("has at_least and at_most; keep one of them, or write two rules")
        if (self.at_least or self.at_most) and (self.all or self.near):
            raise ValueError("counts, and so may not have all or near; use any, pattern or finds")
        if bool(self.limits) != (self.finds == "length"):
            raise ValueError('has limits, or finds = "length", without the other; write both or none')
        return self


class CoachText(BaseModel):
    """One file of coach rules as it is written."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    about: Sentence = Field(description="one sentence that says what the file finds")
    lang: Language = Field("en", description='the language of the drafts it reads, such as "en", or "any"')
    owner: Sentence | None = Field(None, description="who to ask about it")
    advice: tuple[AdviceText, ...] = Field((), max_length=2000, description="the rules")


def schema() -> dict[str, Any]:
    """The JSON Schema (draft 7) of a file of coach rules, for editors."""
    made = spare(CoachText.model_json_schema(by_alias=True))
    return {"$schema": "http://json-schema.org/draft-07/schema#", **made, "title": "A file of Harken's coach rules"}
