"""Disk: everything that this device keeps, and who may write it."""
