"""Benchmarks, one module each, run by `make bench NAME=x`.

A module has `main() -> Iterator[Measurement]`; each measurement is printed as soon as it is there.
"""
