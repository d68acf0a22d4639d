"""Images, speech, animation, video and measuring.

Pure functions over arrays, files and plain dataclasses: no service, no network, no state. A caller that
handles bytes from strangers runs them through :mod:`media.sandbox.parent`.
"""
