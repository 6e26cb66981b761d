"""Simulations: the machines of both sides together, over a network and disks that misbehave by a seed."""
