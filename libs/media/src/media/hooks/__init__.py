"""Moments of a recording that make people stop and watch, found by rules that can be read and by no language model."""
