"""The provider port (:mod:`ai_router.providers.port`), a module per vendor that satisfies it, and the local ones."""
