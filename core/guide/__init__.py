"""The guide: which stages a watershed goes through, what is answered and what comes next (3.0.1–3.0.8, 5.1.1)."""
