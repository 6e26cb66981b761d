"""Tables: who stands where, by which rule, and who goes through."""
