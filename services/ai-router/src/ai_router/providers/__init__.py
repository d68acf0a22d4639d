"""The provider port (:mod:`ai_router.providers.port`) and one module per provider that satisfies it."""
