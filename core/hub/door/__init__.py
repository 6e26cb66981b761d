"""The door: who comes in, as what, how often, and with which rights."""
