"""Draws: who meets whom, when and where, in every kind of stage."""
