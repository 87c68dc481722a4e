"""The rules, one module per family. Each module ends with the table of its rules."""
