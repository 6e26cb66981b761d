"""The tournament, pure: values, commands, events, rules, the reducer, tables, brackets and file formats."""
