"""Pictures and other files that go with the text."""

from collections.abc import Iterator

from errors.preflight.findings import Code, Finding
from errors.preflight.message import Message
from errors.preflight.rules import Kind, RuleBook


def check_media(message: Message, place: str | None, rules: RuleBook) -> Iterator[Finding]:
    if not message.media:
        return
    total = sum(media.bytes for media in message.media)
    yield from _over(len(message.media), "count", Code.MMS_TOO_MANY, rules)
    too_big = list(_over(total, "bytes", Code.MMS_TOO_BIG, rules))
    yield from too_big
    if place and not rules.of(Kind.TAKES_MEDIA, place=place):
        yield Finding(
            Code.MMS_UNSUPPORTED,
            f"{place} takes no media messages; the recipient gets a link instead.",
            "Say so in the text, or send a link of your own.",
        )
    elif not too_big:
        yield from _over(total, "careful bytes", Code.MMS_MAYBE_TOO_BIG, rules)
    for media in message.media:
        if not rules.of(Kind.MEDIA_TYPE, subject=media.type.partition(";")[0].strip().lower()):
            yield Finding(
                Code.MMS_TYPE,
                f"Files of the type {media.type or 'unknown'} are not accepted.",
                "Send a JPEG, PNG or GIF picture.",
            )


def _over(size: int, subject: str, code: Code, rules: RuleBook) -> Iterator[Finding]:
    rule = rules.one(Kind.MOST_MEDIA, subject=subject)
    if rule and size > int(rule.value):
        words = f"{size} files" if subject == "count" else f"{size / 1000:,.0f} kB of files"
        most = rule.value if subject == "count" else f"{int(rule.value) / 1000:,.0f} kB"
        who = "some carriers take" if subject == "careful bytes" else "providers take"
        yield Finding(
            code, f"The message has {words}; {who} {most}.", "Send fewer or smaller files.", rule=rule
        )
