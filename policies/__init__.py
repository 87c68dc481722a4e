"""The rules as pure functions: frozen facts in, a decision with its findings and articles out.

Rests on the standard library alone. What the law or a locality fixes stands in dated rulebooks, not in code; a fact
that is unknown counts against eligibility.

    book = library.shipped().rulebook("demo-centre", on=day)        # the layers in force that day, merged and checked
    rules = eligibility.Eligibility(book, "tender", request)        # once for a request
    decision = rules.decide(expert)                                 # for each expert of the pool
    decision = apply.decide(book, "tender", facts.Committee(...))   # every other fact: a committee, a window, a leave

`registry` lists the rules, `rules/` has them by family, `books/` the figures, `reading` takes facts from outside,
`ladder` widens a request, `describe` writes docs/rulebook.md. To add a rule: one function with its line in the
family's table, one table in a base book, one table of cases in tests/policies/cases.
"""
