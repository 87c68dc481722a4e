"""``python -m expertpool.custodian``: the program `expertpool-custodian`, wherever its script may be."""

from expertpool.cli.custodian_program import main

main(prog_name="expertpool-custodian")
