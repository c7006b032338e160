"""Docks, dialogs, map tools and tasks. Runs algorithms by id, never imports them."""
