"""How rulebooks and specialties are told as JSON, in both languages."""

from typing import Final

from marshmallow import Schema, fields

from expertpool.web.fields import Day
from expertpool.web.validation import Matches

BOOK: Final = Matches(
    r"[a-z0-9]+(-[a-z0-9]+)*",
    zh="应为规则库的代码。",
    en="This must be a rulebook's code.",
)


class SpecialtySchema(Schema):
    code = fields.String(required=True)
    parent = fields.String(required=True, metadata={"description": "the class above; empty at the top"})
    level = fields.Integer(required=True)
    name_zh = fields.String(required=True)


class SpecialtyList(Schema):
    items = fields.List(fields.Nested(SpecialtySchema), required=True)


class VersionSchema(Schema):
    book = fields.String(required=True)
    since = fields.Date(required=True)
    title_zh = fields.String(required=True)
    title_en = fields.String(required=True)


class RulebookList(Schema):
    items = fields.List(fields.Nested(VersionSchema), required=True)
    in_use = fields.String(required=True, metadata={"description": "the book by which this centre draws"})


class OnDay(Schema):
    on = Day(load_default=None, metadata={"description": "by default today in Beijing"})


class SaidSchema(Schema):
    """A value with where it comes from."""

    value_zh = fields.String(required=True)
    value_en = fields.String(required=True)
    label = fields.String(required=True, metadata={"description": "`law`, `local` or `product-default`"})
    article = fields.String(required=True)
    layer = fields.String(required=True)


class FigureSchema(SaidSchema):
    rule = fields.String(required=True)
    rule_title_zh = fields.String(required=True)
    rule_title_en = fields.String(required=True)
    regime = fields.String(required=True)
    applies = fields.Boolean(required=True)
    name = fields.String(required=True)
    text_zh = fields.String(required=True)
    text_en = fields.String(required=True)


class RulebookSchema(Schema):
    book = fields.String(required=True)
    on = fields.Date(required=True)
    layers = fields.List(fields.String(), required=True, metadata={"description": "the nation's first"})
    figures = fields.List(fields.Nested(FigureSchema), required=True)


class TwoVersions(Schema):
    """From the version of the book in the address to another."""

    since = Day(required=True)
    to_book = fields.String(load_default=None, validate=BOOK, metadata={"description": "by default the same book"})
    to_since = Day(required=True)


class ChangeSchema(Schema):
    rule = fields.String(required=True)
    regime = fields.String(required=True)
    name = fields.String(required=True)
    text_zh = fields.String(required=True)
    text_en = fields.String(required=True)
    before = fields.Nested(SaidSchema, required=True, allow_none=True, metadata={"description": "null: it is new"})
    after = fields.Nested(SaidSchema, required=True, allow_none=True, metadata={"description": "null: it is gone"})


class ChangeList(Schema):
    items = fields.List(fields.Nested(ChangeSchema), required=True)
