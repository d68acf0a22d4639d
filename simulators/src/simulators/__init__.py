"""Vendors on loopback: their documented wire protocols, stateful jobs, real media and faults on demand.

Each module of :mod:`simulators.vendors` is one vendor. What its official client accepts and sends decides how it
behaves.
"""
