"""``python -m expertpool.cli``: how one command starts another, wherever the script of that name may be."""

from expertpool.cli import main

main(prog_name="expertpool")
