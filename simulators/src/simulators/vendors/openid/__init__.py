"""OpenID Connect issuers: what Google and Apple share, and what each does its own way."""
