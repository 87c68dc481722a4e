"""What the room's terminal takes besides a code and the name of an act."""

from typing import Final

from marshmallow import Schema, fields

from expertpool.sessions.notes import MOST
from expertpool.sessions.terminal_acts import Act
from expertpool.web.validation import Matches


class NothingBody(Schema):
    """An act that needs no more than its name."""


class VoteBody(Schema):
    """The seat that a member wants to chair."""

    seat = fields.String(
        required=True,
        validate=Matches("[0-9A-Z]{1,8}", zh="请从在场席位中选择。", en="Choose one of the seats that are present."),
    )


class TextBody(Schema):
    """A question, a dissent, or the ground for stepping aside: some lines, kept as one."""

    text = fields.String(
        required=True,
        validate=Matches(
            rf"[^\x00-\x1f\x7f]{{1,{MOST}}}",
            zh=f"请填写，最多 {MOST} 字。",
            en=f"Write something, {MOST} characters at most.",
        ),
    )


BODIES: Final[dict[str, type[Schema]]] = {
    Act.CHAIR: VoteBody,
    Act.ASK: TextBody,
    Act.DISSENT: TextBody,
    Act.RECUSE: TextBody,
}
"""What each act takes; those that are not here take nothing."""
