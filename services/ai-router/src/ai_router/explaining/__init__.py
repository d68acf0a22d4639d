"""Why a provider was chosen: told, computed again, and computed under other rules."""
