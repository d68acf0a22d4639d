"""The client that is awaited; ``sync`` is made of it.

Made by `make client`, of `aio`; change that instead.
"""
